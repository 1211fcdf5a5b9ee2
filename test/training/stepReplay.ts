import type { Objective } from '../../core/contracts/objective.ts';
import type { Optimizer } from '../../core/contracts/optimizer.ts';
import { schemaKeys } from '../../core/experiment/schemaKeys.ts';
import { loadCheckpoint, type Checkpoint } from '../../core/model/checkpoint.ts';
import { rotaryValues } from '../../core/model/rotaryTable.ts';
import type { SafetensorsFile } from '../../core/model/safetensors.ts';
import { groupAdvantages, lengthMetrics, rewardMetrics } from '../../core/training/advantage.ts';
import { createLearner, type Learner } from '../../core/training/learner.ts';
import { sequenceFeeds, type TrainingRow } from '../../core/training/microBatch.ts';
import { createPolicy, type Policy } from '../../core/training/policy.ts';
import { withReference } from '../../core/training/reference.ts';
import { compileScore, type StepOptions } from '../../core/training/stepGraph.ts';
import { lora } from '../../plugins/adapters/lora.ts';
import { plugins } from '../../plugins/index.ts';
import { adamw } from '../../plugins/optimizers/adamw.ts';
import { goldenPath } from '../goldenFolder.ts';
import { stepPlan, type StepCase, type StepPlan } from './stepCases.ts';

type AdamwConfig = Parameters<typeof adamw.update>[0];

/** AdamW that also keeps the gradient that it was given, that is after clipping. */
const watchedAdamw: Optimizer<AdamwConfig> = {
  ...adamw,
  slots: (config, spec) => [...adamw.slots(config, spec), { name: 'gradient', shape: spec.shape }],
  update: (config, parameters, scalars, frozen) =>
    adamw.update(config, parameters, scalars, frozen).map((update, i) => ({
      ...update,
      slots: { ...update.slots, gradient: parameters[i]!.gradient },
    })),
};

/** Everything that a replay works with. */
export interface Replay {
  readonly entry: StepCase;
  readonly plan: StepPlan;
  readonly checkpoint: Checkpoint;
  readonly options: StepOptions;
  readonly learner: Learner;
}

/** The product's name of a PEFT parameter. */
function parameterName(name: string): string {
  return name.replace(/^base_model\.model\./, '').replace(/\.default\.weight$/, '');
}

/** Tensors below a prefix by the product's parameter names. */
export function parametersBelow(tensors: SafetensorsFile, prefix: string): ReadonlyMap<string, Float32Array> {
  const names = tensors.names.filter((name) => name.startsWith(prefix));
  return new Map(names.map((name) => [parameterName(name.slice(prefix.length)), tensors.readFloat32(name)]));
}

/** The options that the objective has. TRL reads the others for another loss type alone. */
function objectiveConfig({ config }: Objective, plan: StepPlan): unknown {
  const known = schemaKeys(config, [], {}) ?? [];
  return config.parse(Object.fromEntries(Object.entries(plan.objective).filter(([name]) => known.includes(name))));
}

/** The product at the start of a case. */
export async function openReplay(entry: StepCase, tensors: SafetensorsFile): Promise<Replay> {
  const checkpoint = await loadCheckpoint(goldenPath(entry.model_folder));
  const initial = parametersBelow(tensors, 'initial.adapter.');
  const own = createPolicy(checkpoint, lora, lora.config.parse(entry.lora), 0);
  const policy: Policy = {
    ...own,
    parameters: own.parameters.map((spec) => ({ ...spec, values: initial.get(spec.name) ?? new Float32Array() })),
  };
  const plan = stepPlan(entry);
  const objective = plugins.objectives.find(({ id }) => id === plan.lossType)!;
  const { betas, eps, weight_decay, max_grad_norm } = entry.optimizer;
  const options: StepOptions = {
    policy,
    objective,
    objectiveConfig: objectiveConfig(objective, plan),
    optimizer: watchedAdamw,
    optimizerConfig: adamw.config.parse({ betas, eps, weight_decay }),
    maxGradNorm: max_grad_norm,
    oldIsCurrent: plan.iterations * plan.stepsPerGeneration === 1,
  };
  return { entry, plan, checkpoint, options, learner: createLearner(checkpoint, options) };
}

/** A generation batch in the order of its prompts, with TRL's metrics of it. */
export interface ReplayBatch {
  readonly rows: readonly TrainingRow[];
  readonly metrics: Readonly<Record<string, number>>;
}

/** Judges and scores a generation with the policy as it is now. */
export async function replayBatch(
  { entry, plan, checkpoint, options, learner }: Replay,
  index: number,
): Promise<ReplayBatch> {
  const generation = entry.generations[index]!;
  const batch = {
    rewards: generation.rewards.map((reward) => [reward === null ? NaN : Number(reward)]),
    weights: [1],
    groupSize: entry.group,
  };
  const aggregation = entry.args['multi_objective_aggregation'] ?? 'sum_then_normalize';
  const result = groupAdvantages(batch, {
    scaleRewards: plan.scaleRewards,
    aggregation: aggregation as 'sum_then_normalize' | 'normalize_then_sum',
  });
  const { eosTokenIds, padTokenId } = checkpoint.config;
  const ends = new Set([...eosTokenIds, padTokenId]);
  const finished = generation.completion_ids.map((ids) => ends.has(ids.at(-1)));
  // Rows of one prompt share its array, as the trainer's do.
  const prompts = generation.prompt_ids.map((_, row) => generation.prompt_ids[row - (row % entry.group)]!);
  const unscored = generation.completion_ids.map((ids, row): TrainingRow => {
    const zeros = ids.map(() => 0);
    const active = !plan.masksTruncated || finished[row] === true;
    const advantage = result.advantages[row] ?? NaN;
    return { prompt: prompts[row]!, ids, policyLogps: zeros, samplingLogps: zeros, oldLogps: zeros, advantage, active };
  });
  const logps = await learner.score(unscored, plan.temperature, true);
  const sampled = unscored.map((row, i): TrainingRow => {
    const own = [...logps[i]!];
    return { ...row, policyLogps: own, samplingLogps: own, oldLogps: own };
  });
  const { beta } = options.objective.requirements(options.objectiveConfig);
  const reference = entry.reference === 'base' ? 'base' : 'initial';
  const rows =
    beta === 0
      ? sampled
      : await withReference(learner, sampled, {
          reference,
          step: options,
          temperature: plan.temperature,
          // Room for all rows, so that they stay in order but for their lengths.
          microBatchTokens: 1e6,
        });
  const lengths = generation.completion_ids.map((ids) => ids.length);
  return { rows, metrics: { ...rewardMetrics(batch, ['reward'], result), ...lengthMetrics(lengths, finished) } };
}

/** Entropies of the rows' tokens under the policy as it is now, one array a row. */
export async function entropiesOf(
  { options, learner, plan }: Replay,
  rows: readonly TrainingRow[],
): Promise<readonly Float32Array[]> {
  const { policy } = options;
  const scorer = await compileScore(policy, true);
  const { feeds, sizes } = sequenceFeeds(rows, policy.config);
  const width = Math.max(...rows.map((row) => row.prompt.length + row.ids.length));
  const { cos, sin, positions } = rotaryValues(policy.config, width);
  const inverseTemperature = Float32Array.of(1 / plan.temperature);
  const result = await scorer.run(
    { ...learner.policyFeeds(), ...feeds, cos, sin, inverseTemperature },
    { ...sizes, positions },
  );
  await scorer.release();
  const all = result['entropies']!.data as Float32Array;
  let at = 0;
  return rows.map((row) => all.slice(at, (at += row.ids.length)));
}

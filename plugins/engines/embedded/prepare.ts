import path from 'node:path';
import type { Problem } from '../../../core/contracts/dataset.ts';
import type { PluginCatalog } from '../../../core/contracts/pluginCatalog.ts';
import { dataReader } from '../../../core/data/dataReader.ts';
import { RlvrError } from '../../../core/errors.ts';
import { chosenPlugin } from '../../../core/experiment/pluginChoices.ts';
import { rewardNames } from '../../../core/experiment/rewardNames.ts';
import { verifierIndex } from '../../../core/experiment/verifierIndex.ts';
import type { Experiment } from '../../../core/experiment/schema.ts';
import { loadCheckpoint } from '../../../core/model/checkpoint.ts';
import { hashFiles } from '../../../core/model/hashFiles.ts';
import { stopIdsOf } from '../../../core/model/stopIds.ts';
import { loadTokenizer } from '../../../core/model/tokenizer.ts';
import type { DataRecord } from '../../../core/runs/runRecord.ts';
import { checkOptimizer } from '../../../core/training/checkOptimizer.ts';
import type { WeightedReward } from '../../../core/training/generation.ts';
import { gradientDirections } from '../../../core/training/gradientDirections.ts';
import { experimentPrompts } from '../../../core/training/experimentPrompts.ts';
import { checkLongestPrompts, firstPrompts, type Prompt } from '../../../core/training/prompts.ts';
import { stateFileName } from '../../../core/training/trainingState.ts';
import { checkReferenceSync } from '../../../core/training/referenceSync.ts';
import type { TrainerOptions } from '../../../core/training/trainerOptions.ts';
import { prepareBenchmarks } from './prepareBenchmarks.ts';
import { preparePolicy, type PrepareOptions } from './preparePolicy.ts';

/** An experiment with its model, data and plugins loaded. */
export interface PreparedRun {
  readonly options: TrainerOptions;
  /** Hashes of what was read: the model, each data set by its place in the experiment, and the calibration if there was one. */
  readonly hashes: () => Promise<Readonly<Record<string, string>>>;
  /** What was found in the data. */
  readonly data: DataRecord;
}

/** Loads what an experiment names; `baseFolder` is what its relative paths start from. */
export async function prepareRun(
  experiment: Experiment,
  baseFolder: string,
  catalog: PluginCatalog,
  prepare: PrepareOptions = {},
): Promise<PreparedRun> {
  const modelFolder = path.resolve(baseFolder, experiment.model.path);
  const checkpoint = await loadCheckpoint(modelFolder);
  const tokenizer = loadTokenizer(modelFolder, checkpoint.config);
  const { data, rollout, training, evaluation, seed } = experiment;
  const reader = dataReader(experiment, baseFolder, catalog, prepare);
  const adapter = chosenPlugin(catalog, 'adapter', experiment.adapter);
  const objective = chosenPlugin(catalog, 'objective', experiment.objective);
  const optimizer = chosenPlugin(catalog, 'optimizer', experiment.optimizer);
  const requirements = objective.plugin.requirements(objective.config);
  const promptsWithin = (maxCompletionTokens: number): ((problem: Problem) => Prompt) =>
    experimentPrompts(
      { data, rollout: { ...rollout, max_completion_tokens: maxCompletionTokens } },
      tokenizer,
      checkpoint.config.maxPositionEmbeddings,
    );
  const promptOf = promptsWithin(rollout.max_completion_tokens);
  const isTrainedMeasured = evaluation.before || requirements.rollouts || experiment.rewards.length > 0;
  const train = await reader.openTraining(isTrainedMeasured);
  checkLongestPrompts(train, promptOf);
  const stopIds = stopIdsOf(tokenizer, checkpoint.config);
  const text = { train, promptOf, tokenizer, stopIds, contextTokens: checkpoint.config.maxPositionEmbeddings };
  const { policy, calibrationHash } = await preparePolicy({ checkpoint, adapter, text, seed }, prepare);
  checkOptimizer(optimizer, adapter.plugin.id, policy.parameters);
  const rewards = weightedRewards(experiment, catalog, baseFolder);
  const verifier = verifierIndex(experiment.rewards, catalog);
  const { hashes: measuredHashes, ...benchmarks } = await prepareBenchmarks(experiment, {
    open: reader.open,
    usualSettings: ({ type }) => catalog.find('dataset', type).evaluation,
    prompts: (source, problems, maxCompletionTokens) =>
      firstPrompts(source, problems, promptsWithin(maxCompletionTokens)),
    verifier: rewards[verifier]?.score ?? (() => ({ value: undefined })),
    rewardOf: (choice) => {
      const { plugin, config } = chosenPlugin(catalog, 'reward', choice);
      return plugin.create(config, { baseFolder });
    },
    isTrainedMeasured,
  });
  const hasFilters = rollout.top_k > 0 || rollout.top_p < 1 || rollout.min_p > 0 || rollout.repetition_penalty !== 1;
  const referenceSync = training.sync_ref_model
    ? { steps: training.ref_model_sync_steps, alpha: training.ref_model_mixup_alpha }
    : undefined;
  if (referenceSync !== undefined)
    await checkReferenceSync(referenceSync, training.reference, requirements, checkpoint, policy);
  const { dynamic_sampling: dynamic } = rollout;
  const { early_stopping: early } = training;
  const updatesPerGeneration = training.num_iterations * training.steps_per_generation;
  const options: TrainerOptions = {
    checkpoint,
    tokenizer,
    step: {
      policy,
      objective: objective.plugin,
      objectiveConfig: objective.config,
      optimizer: optimizer.plugin,
      optimizerConfig: optimizer.config,
      ...(experiment.gradient.length === 0
        ? {}
        : {
            gradient: {
              steps: experiment.gradient,
              directions: gradientDirections(experiment.gradient, checkpoint, policy, seed),
            },
          }),
      maxGradNorm: training.max_grad_norm,
      seed,
      oldIsCurrent: updatesPerGeneration === 1 && !(hasFilters && rollout.old_logps === 'filtered'),
    },
    train,
    promptOf,
    batchSize: rollout.batch_size,
    generation: {
      groupSize: requirements.rollouts ? rollout.group_size : 1,
      maxTokens: rollout.max_completion_tokens,
      minTokens: rollout.min_completion_tokens,
      stopIds,
      sampling: {
        greedy: false,
        temperature: rollout.temperature,
        topK: rollout.top_k,
        topP: rollout.top_p,
        minP: rollout.min_p,
        repetitionPenalty: rollout.repetition_penalty,
      },
      rewards,
      advantages: { scaleRewards: training.scale_rewards, aggregation: training.multi_objective },
      seed,
      timeoutSeconds: training.reward_timeout_seconds,
    },
    oldLogps: rollout.old_logps,
    seed,
    learningRate: experiment.learning_rate,
    schedule: experiment.schedule,
    steps: training.steps,
    iterations: training.num_iterations,
    stepsPerGeneration: training.steps_per_generation,
    microBatchTokens: training.micro_batch_tokens,
    maskTruncated: training.mask_truncated_completions,
    reference: training.reference,
    ...(referenceSync === undefined ? {} : { referenceSync }),
    checkpointEvery: training.checkpoint_every,
    curriculum: training.curriculum,
    verifier,
    keepsBest: training.keep_best,
    ...(dynamic && { dynamicSampling: { maxBatches: dynamic.max_batches, atLimit: dynamic.at_limit } }),
    ...(early && { earlyStopping: { patience: early.patience, minDelta: early.min_delta } }),
    evaluation: {
      before: evaluation.before,
      every: evaluation.every,
      seed: evaluation.seed,
      ...benchmarks,
    },
  };
  const hashes = async (): Promise<Readonly<Record<string, string>>> => ({
    model: await checkpoint.hash(),
    ...(prepare.start === undefined
      ? {}
      : { start: await hashFiles([path.join(prepare.start.folder, stateFileName)]) }),
    ...(calibrationHash === undefined ? {} : { calibration: calibrationHash }),
    'data.train': train.hash,
    ...measuredHashes,
    ...(await rewardHashes(experiment, catalog, baseFolder)),
  });
  return { options, hashes, data: reader.record() };
}

/** Of the files that rewards are made of, by the rewards' names. */
async function rewardHashes(
  { rewards }: Experiment,
  catalog: PluginCatalog,
  baseFolder: string,
): Promise<Readonly<Record<string, string>>> {
  const names = rewardNames(rewards);
  const hashes = await Promise.all(
    rewards.map(async (choice, index) => {
      const { plugin, config } = chosenPlugin(catalog, 'reward', choice);
      const files = plugin.files?.(config, { baseFolder }) ?? [];
      return files.length === 0 ? [] : [[`rewards.${names[index] ?? index}`, await hashFiles([...files])] as const];
    }),
  );
  return Object.fromEntries(hashes.flat());
}

/** The experiment's rewards, ready to score. */
function weightedRewards(
  { rewards }: Experiment,
  catalog: PluginCatalog,
  baseFolder: string,
): readonly WeightedReward[] {
  const names = rewardNames(rewards);
  return rewards.map((choice, index) => {
    const { plugin, config } = chosenPlugin(catalog, 'reward', choice);
    if (!Number.isFinite(choice.weight))
      throw new RlvrError('config/invalid', `The weight of reward "${plugin.id}" is not a finite number.`);
    return {
      name: names[index] ?? plugin.id,
      weight: choice.weight,
      score: plugin.create(config, { baseFolder }),
    };
  });
}

import { isDeepStrictEqual } from 'node:util';
import type { Objective } from '../contracts/objective.ts';
import { randomStream } from '../tensor/random.ts';
import type { Behaviour } from './behaviour.ts';
import { demandNone, nonconformity } from './behaviour.ts';
import type { DescribedPlugin } from './description.ts';
import { differenceInWords, notFiniteInWords } from './difference.ts';
import type { LossBatch, LossResult } from './objectiveBench.ts';
import { compileLoss, runLoss } from './objectiveBench.ts';

/** An objective with the least options that a user can write for it. */
export interface ObjectiveSubject extends DescribedPlugin {
  readonly objective: Objective;
  readonly config: unknown;
}

const columns = 4;
const lengths = [4, 2, 3];
const rows = lengths.length;
const advantages = [1.5, 0, -0.75];
const differenceStep = 1e-2;
const gradientTolerance = 2e-4;
/** What is differentiated, and the name of its gradient. */
const differentiated = [
  ['logps', 'gradient'],
  ['entropies', 'entropyGradient'],
] as const;

/** Near its old policy, so that no ratio lies at a clip's edge; padding holds values that must not be seen. */
function batchWith(padding: number): LossBatch {
  const random = randomStream(9, 'objectives');
  const mask = Float32Array.from({ length: rows * columns }, (_, i) =>
    Number(i % columns < (lengths[Math.floor(i / columns)] ?? 0)),
  );
  const padded = (values: Float32Array): Float32Array => values.map((value, i) => (mask[i] === 1 ? value : padding));
  const logps = padded(random.uniforms(mask.length).map((value) => -0.1 - 2 * value));
  const near = (): Float32Array =>
    padded(random.uniforms(mask.length).map((value, i) => (logps[i] ?? 0) + 0.1 * (value - 0.5)));
  const active = mask.reduce((sum, value) => sum + value, 0);
  return {
    rows,
    columns,
    logps,
    oldLogps: near(),
    referenceLogps: near(),
    samplingLogps: near(),
    entropies: padded(random.uniforms(mask.length)),
    mask,
    advantages: Float32Array.from(advantages),
    tokenAdvantages: padded(
      random.uniforms(mask.length).map((value, i) => (advantages[Math.floor(i / columns)] ?? 0) + value),
    ),
    counts: {
      rows,
      localTokens: active,
      globalTokens: active,
      stepRows: rows,
      stepsPerGeneration: 1,
      accumulation: 1,
      maxCompletionTokens: 8,
    },
  };
}

const batch = batchWith(-3);

function initialState({ objective, config }: ObjectiveSubject): Readonly<Record<string, number>> {
  return objective.state?.initial(config) ?? {};
}

/** The batch as the trainer gives it to the objective: with advantages of tokens only where its estimator makes such. */
function asGiven({ objective, config }: ObjectiveSubject, { tokenAdvantages, ...rest }: LossBatch): LossBatch {
  const isPerToken = objective.requirements(config).advantage === 'global';
  return isPerToken && tokenAdvantages !== undefined ? { ...rest, tokenAdvantages } : rest;
}

/** What the loss gives for the batch, and for others. */
async function run(
  subject: ObjectiveSubject,
  ...others: readonly LossBatch[]
): Promise<readonly [LossResult, ...LossResult[]]> {
  const state = initialState(subject);
  const graph = await compileLoss(subject.objective, subject.config, asGiven(subject, batch), state);
  try {
    const first = await runLoss(graph, asGiven(subject, batch), state);
    const results: LossResult[] = [];
    for (const other of others) results.push(await runLoss(graph, asGiven(subject, other), state));
    return [first, ...results];
  } finally {
    await graph.release();
  }
}

const hasGradient: Behaviour<ObjectiveSubject> = {
  name: 'has a finite loss, and its gradient with respect to log-probabilities and entropies',
  isBasic: true,
  judge: async (subject) => {
    const places = [...batch.mask.keys()];
    const method = { plugin: subject.plugin, method: 'loss' };
    for (const [name, gradient] of differentiated) {
      const names = name === 'logps' && subject.objective.holdsRatio === true ? [name, 'oldLogps' as const] : [name];
      const shifted = (place: number, by: number): LossBatch => ({
        ...batch,
        ...Object.fromEntries(
          names.map((moving) => [moving, batch[moving].map((value, i) => (i === place ? value + by : value))]),
        ),
      });
      const moved = places.flatMap((place) => [shifted(place, differenceStep), shifted(place, -differenceStep)]);
      const [here, ...around] = await run(subject, ...moved);
      demandNone(method, 'the loss is not finite', notFiniteInWords([here.loss]));
      const slopes = places.map(
        (i) => ((around[2 * i]?.loss ?? NaN) - (around[2 * i + 1]?.loss ?? NaN)) / (2 * differenceStep),
      );
      const problem = differenceInWords(here[gradient], slopes, gradientTolerance);
      demandNone(method, `the gradient of ${name} is not the one of finite differences`, problem);
    }
  },
};

const leavesPaddingOut: Behaviour<ObjectiveSubject> = {
  name: 'gives padding no part in the loss, the gradient or a metric',
  judge: async (subject) => {
    const method = { plugin: subject.plugin, method: 'loss' };
    const [plain, other] = await run(subject, batchWith(-1));
    if (!isDeepStrictEqual(other, plain)) {
      const inWords = (result: LossResult | undefined): string =>
        JSON.stringify({ loss: result?.loss, metrics: result?.metrics });
      const results = `with padding of -3 it gives ${inWords(plain)} and with padding of -1 ${inWords(other)}`;
      throw nonconformity(method, `padding changes the loss, a gradient or a metric: ${results}`);
    }
    for (const [name, gradient] of differentiated) {
      const at = plain[gradient].findIndex((value, i) => batch.mask[i] === 0 && value !== 0);
      if (at >= 0) throw nonconformity(method, `on padding the gradient of ${name} is ${plain[gradient][at]}`);
    }
  },
};

const weighsMetrics: Behaviour<ObjectiveSubject> = {
  name: 'names metrics as finite sums with weights that are not negative',
  judge: async (subject) => {
    const [{ metrics }] = await run(subject);
    const method = { plugin: subject.plugin, method: 'loss' };
    if (Object.keys(metrics).length === 0) throw nonconformity(method, 'it gives no metric');
    for (const [name, { sum, weight }] of Object.entries(metrics)) {
      if (!Number.isFinite(sum)) throw nonconformity(method, `the sum of the metric "${name}" is ${sum}`);
      if (!(weight >= 0 && weight < Infinity))
        throw nonconformity(method, `the weight of the metric "${name}" is ${weight}`);
    }
  },
};

const asksForWhatFits: Behaviour<ObjectiveSubject> = {
  name: 'asks of the sampler and the trainer what fits together',
  judge: async (subject) => {
    const { plugin, objective, config } = subject;
    const { advantage, rollouts, beta, minimumGroupSize, skipsZeroAdvantage } = objective.requirements(config);
    const wrong = (problem: string): never => {
      throw nonconformity({ plugin, method: 'requirements' }, problem);
    };
    if (!(minimumGroupSize >= (advantage === 'group' || advantage === 'rloo' ? 2 : 1)))
      wrong(`a group of ${minimumGroupSize} has no advantage of kind ${advantage}`);
    if (rollouts !== (advantage !== 'supervised'))
      wrong(`rollouts is ${rollouts} with advantages of kind ${advantage}`);
    if (!(beta >= 0)) wrong(`beta is ${beta}, expected at least 0`);
    if (!skipsZeroAdvantage) return;
    const [{ gradient }] = await run(subject);
    const idle = gradient.find((value, i) => advantages[Math.floor(i / columns)] === 0 && value !== 0);
    if (idle !== undefined) wrong(`skipsZeroAdvantage is true, but a row of advantage 0 has a gradient of ${idle}`);
  },
};

const readsReferenceAsDeclared: Behaviour<ObjectiveSubject> = {
  name: 'asks for a reference policy only where it reads one',
  judge: async (subject) => {
    const { plugin, objective, config } = subject;
    const { beta } = objective.requirements(config);
    const [plain, moved] = await run(subject, {
      ...batch,
      referenceLogps: batch.referenceLogps.map((value) => value - 0.5),
    });
    if ((moved?.loss === plain.loss) === (beta === 0)) return;
    const losses = `the loss is ${plain.loss}, and ${moved?.loss} with other log-probabilities of the reference`;
    throw nonconformity({ plugin, method: 'requirements' }, `beta is ${beta}, but ${losses}`);
  },
};

const keepsState: Behaviour<ObjectiveSubject> = {
  name: 'keeps its own state a list of finite numbers of the same names',
  judge: (subject) => {
    const { plugin, objective, config } = subject;
    const state = initialState(subject);
    const place = { plugin, method: 'state' };
    const problem = Object.entries(state).find(([, value]) => !Number.isFinite(value));
    if (problem !== undefined) throw nonconformity(place, `"${problem[0]}" is ${String(problem[1])}`);
    const [names, next] = [state, objective.state?.next(config, state, {}) ?? {}].map((each) =>
      JSON.stringify(Object.keys(each)),
    );
    if (names !== next) throw nonconformity(place, `initial names ${names}, next names ${next}`);
  },
};

/** What every objective does. */
export const objectiveBehaviours: readonly Behaviour<ObjectiveSubject>[] = [
  hasGradient,
  leavesPaddingOut,
  weighsMetrics,
  asksForWhatFits,
  readsReferenceAsDeclared,
  keepsState,
];

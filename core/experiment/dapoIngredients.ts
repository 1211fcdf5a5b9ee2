import type { Experiment } from './schema.ts';

/** A part of DAPO, and whether an experiment has it. */
export interface DapoIngredient {
  readonly name: string;
  readonly isOn: boolean;
  /** How it is set, where it is on. */
  readonly how?: string;
}

/** The reward that DAPO shapes long completions with. */
const overlongReward = 'soft_overlong';

/**
 * What DAPO (arXiv 2503.14476) is made of, and what of it an experiment has: the objective of that name is only its loss. Undefined for
 * other objectives.
 */
export function dapoIngredients({
  objective,
  rollout,
  rewards,
  training,
}: Pick<Experiment, 'objective' | 'rollout' | 'rewards' | 'training'>): readonly DapoIngredient[] | undefined {
  if (objective.type !== 'dapo') return undefined;
  const { epsilon, epsilon_high: high, beta } = objective;
  const { dynamic_sampling: dynamic } = rollout;
  const clipsHigher = typeof epsilon === 'number' && typeof high === 'number' && high > epsilon;
  return [
    { name: 'token-level loss', isOn: true },
    { name: 'clip-higher', isOn: clipsHigher, ...(clipsHigher ? { how: `${epsilon} / ${high}` } : {}) },
    {
      name: 'dynamic sampling',
      isOn: dynamic !== undefined,
      ...(dynamic === undefined
        ? {}
        : { how: `at most ${dynamic.max_batches} batches, at the limit: ${dynamic.at_limit}` }),
    },
    { name: 'overlong shaping', isOn: rewards.some(({ type }) => type === overlongReward) },
    { name: 'overlong filtering', isOn: training.mask_truncated_completions },
    { name: 'no KL', isOn: beta === 0 },
  ];
}

/** `with token-level loss, clip-higher (0.2 / 0.28); without dynamic sampling, ...` */
export function describeIngredients(ingredients: readonly DapoIngredient[]): string {
  const named = (isOn: boolean): string =>
    ingredients
      .filter((own) => own.isOn === isOn)
      .map(({ name, how }) => (how === undefined ? name : `${name} (${how})`))
      .join(', ');
  const [on, off] = [named(true), named(false)];
  return [on === '' ? '' : `with ${on}`, off === '' ? '' : `without ${off}`].filter((part) => part !== '').join('; ');
}

import { RlvrError } from '../../../core/errors.ts';
import type { Config } from './options.ts';

/** What a step does to the ranks. */
export interface ScheduledStep {
  /** How many triplets of the model are to be kept: all until tinit, then fewer by a cubic curve, then the target. */
  readonly budget: number;
  /** How many are to go. */
  readonly pruned: number;
  /** 1 where importances are averaged. */
  readonly collects: number;
  /** 1 where it is decided anew which triplets are kept. */
  readonly decides: number;
  /** 1 where those that are not kept are set to zero. */
  readonly applies: number;
  /** Steps of the whole schedule. */
  readonly total: number;
}

/** Steps in which the ranks change; none is left where the first and the last ones overlap. */
export function hasNoSteps({ tinit, tfinal }: Config, total: number): boolean {
  return tinit >= total - tfinal;
}

/** Why a schedule cannot be. */
export function tooShort({ tinit, tfinal }: Config, total: number): string {
  return (
    `tinit ${tinit} and tfinal ${tfinal} leave none of ${total} steps in which ranks could be allocated: ` +
    'their sum must be smaller than the number of steps'
  );
}

function budgetOf(config: Config, layers: number, step: number, total: number): number {
  const [first, last] = [config.init_r * layers, config.target_r * layers];
  if (step <= config.tinit) return first;
  if (step > total - config.tfinal) return last;
  const left = 1 - (step - config.tinit) / (total - config.tfinal - config.tinit);
  return Math.trunc((first - last) * left ** 3 + last);
}

/**
 * A step of PEFT's schedule. Every deltaT steps after tinit it is decided anew which triplets are kept; between those steps the others grow
 * again. At total - tfinal it is decided for the last time, by the scores of before this step, and from then on it holds.
 *
 * @throws RlvrError `adapter/invalid` where the schedule leaves no step for allocation
 */
export function scheduledStep(config: Config, layers: number, step: number, runSteps: number): ScheduledStep {
  const total = config.total_step ?? runSteps;
  if (hasNoSteps(config, total)) {
    throw new RlvrError('adapter/invalid', `AdaLoRA: ${tooShort(config, total)}.`, { total });
  }
  const end = total - config.tfinal;
  const isDue = step > config.tinit && step % config.deltaT === 0;
  const decides = step === end || (step < end && isDue);
  const budget = budgetOf(config, layers, step, total);
  return {
    budget,
    pruned: config.init_r * layers - budget,
    collects: Number(step < end),
    decides: Number(decides),
    applies: Number(decides || step > end),
    total,
  };
}

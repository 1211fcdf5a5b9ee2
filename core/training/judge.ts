import { createContext, Script } from 'node:vm';
import type { RewardFunction, RewardSample, RewardScore } from '../contracts/reward.ts';
import { messageOf, RlvrError } from '../errors.ts';

/** A reward by its name. */
export interface NamedReward {
  readonly name: string;
  readonly score: RewardFunction;
}

/** Why a reward has no value for a completion, although it did not say that the completion cannot be judged. */
export interface RewardFailure {
  /** The reward's name. */
  readonly reward: string;
  /** Place of the completion among those judged. */
  readonly row: number;
  readonly reason: 'threw' | 'timed out' | 'not a finite number' | 'no score';
  readonly message: string;
}

/** A reward that failed on a completion of a problem. */
export interface ProblemFailure extends Omit<RewardFailure, 'row'> {
  /** The problem's id in its data set. */
  readonly problem: string;
}

/** What the rewards say of some completions. */
export interface Judgement {
  /** [completions][rewards]; undefined values where a reward failed. */
  readonly scores: readonly (readonly RewardScore[])[];
  /** In the order of completions and rewards. */
  readonly failures: readonly RewardFailure[];
}

/** How long and how many at once. */
export interface JudgingOptions {
  /** For one completion and one reward. */
  readonly timeoutSeconds?: number;
}

/** Completions judged at once: enough to keep a pool of workers busy. */
const mostAtOnce = 64;
const defaultTimeoutSeconds = 60;
const longestMessage = 300;

interface Task {
  readonly row: number;
  readonly reward: NamedReward;
  readonly sample: RewardSample;
}

type Outcome = RewardScore | Omit<RewardFailure, 'row' | 'reward'>;

/**
 * Judges every sample with every reward. What a reward does wrong (it throws, never answers, gives a value that is no finite number) ends
 * in `failures` and not in an exception. Code that never returns is interrupted between one and two times the limit; a promise that never
 * settles is left behind. The scores do not depend on the order in which answers come.
 */
export async function judgeSamples(
  samples: readonly RewardSample[],
  rewards: readonly NamedReward[],
  { timeoutSeconds = defaultTimeoutSeconds }: JudgingOptions = {},
): Promise<Judgement> {
  const tasks = samples.flatMap((sample, row) => rewards.map((reward): Task => ({ sample, row, reward })));
  const outcomes = await runTasks(tasks, Math.max(1, Math.round(timeoutSeconds * 1000)));
  const failures = outcomes.flatMap((outcome, i): RewardFailure[] => {
    const task = tasks[i];
    return task !== undefined && 'reason' in outcome ? [{ ...outcome, row: task.row, reward: task.reward.name }] : [];
  });
  const scores = samples.map((_, row) =>
    outcomes
      .slice(row * rewards.length, (row + 1) * rewards.length)
      .map((outcome): RewardScore => ('reason' in outcome ? { value: undefined } : outcome)),
  );
  return { scores, failures };
}

/** The error for completions of which none could be judged because the rewards failed on all. */
export function everyRewardFailed(count: number, failures: readonly RewardFailure[]): RlvrError {
  const [first] = failures;
  const told = first === undefined ? '' : ` The first: reward "${first.reward}" ${first.message}`;
  return new RlvrError(
    'reward/failed',
    `The rewards failed on every one of ${count} completions, so nothing can be learned or measured.${told}`,
    { completions: count, failures: failures.slice(0, 5) },
  );
}

async function runTasks(tasks: readonly Task[], milliseconds: number): Promise<readonly Outcome[]> {
  const outcomes = Array<Outcome | undefined>(tasks.length);
  const within = timeGuard();
  let next = 0;
  const pending = new Set<Promise<void>>();
  const begin = (place: number, { reward, sample }: Task): void => {
    try {
      const given = reward.score(sample);
      if (!isPromise(given)) {
        outcomes[place] = checkedScore(given);
        return;
      }
      const answer =
        reward.score.limitsItself === true ? given.then(checkedScore, threw) : settledWithin(given, milliseconds);
      const settled = Promise.resolve(answer).then((outcome) => {
        outcomes[place] = outcome;
        pending.delete(settled);
      });
      pending.add(settled);
    } catch (error) {
      outcomes[place] = threw(error);
    }
  };
  while (next < tasks.length) {
    const started = performance.now();
    // Many completions share one watch over the clock, which would cost more than most rewards do.
    const isInTime = within(2 * milliseconds, () => {
      for (; next < tasks.length && pending.size < mostAtOnce; next++) {
        const task = tasks[next];
        if (performance.now() - started > milliseconds) break;
        if (task !== undefined) begin(next, task);
      }
    });
    if (!isInTime) outcomes[next++] ??= timedOut(milliseconds);
    if (pending.size >= mostAtOnce) await Promise.race(pending);
  }
  await Promise.all(pending);
  return outcomes.map((outcome) => outcome ?? { value: undefined });
}

/** Runs an action, and interrupts it where it does not return in time: it then gives false. */
function timeGuard(): (milliseconds: number, action: () => void) => boolean {
  const context = createContext({ action: undefined as (() => void) | undefined });
  const script = new Script('action()');
  return (milliseconds, action) => {
    context['action'] = action;
    try {
      script.runInContext(context, { timeout: milliseconds });
      return true;
    } catch (error) {
      if ((error as { code?: unknown } | undefined)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
      throw error;
    }
  };
}

async function settledWithin(given: PromiseLike<RewardScore>, milliseconds: number): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Outcome>((resolve) => {
    timer = setTimeout(() => {
      resolve(timedOut(milliseconds));
    }, milliseconds);
  });
  try {
    return await Promise.race([Promise.resolve(given).then(checkedScore, threw), late]);
  } finally {
    clearTimeout(timer);
  }
}

function isPromise(value: unknown): value is PromiseLike<RewardScore> {
  return typeof value === 'object' && typeof (value as { then?: unknown } | undefined)?.then === 'function';
}

/** User code may give anything. */
function checkedScore(score: unknown): Outcome {
  if (typeof score !== 'object' || !score || Array.isArray(score)) {
    return { reason: 'no score', message: `gave ${shown(score)} where { value } is expected.` };
  }
  const { value } = score as { value?: unknown };
  if (value === undefined || Number.isFinite(value)) return score as RewardScore;
  if (typeof value === 'number') return { reason: 'not a finite number', message: `gave the value ${value}.` };
  return { reason: 'no score', message: `gave the value ${shown(value)}, which is no number.` };
}

function threw(error: unknown): Outcome {
  return { reason: 'threw', message: `threw: ${shortened(messageOf(error))}` };
}

function timedOut(milliseconds: number): Outcome {
  return { reason: 'timed out', message: `had no answer after ${milliseconds / 1000} s.` };
}

function shown(value: unknown): string {
  const isPlain = ['string', 'number', 'boolean', 'bigint', 'undefined'].includes(typeof value);
  return shortened(isPlain ? String(value) : Object.prototype.toString.call(value));
}

function shortened(text: string): string {
  return text.length > longestMessage ? `${text.slice(0, longestMessage)}...` : text;
}

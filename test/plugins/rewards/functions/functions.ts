import { spawnSync } from 'node:child_process';
import { longest } from './longest.ts';

interface Rest {
  readonly completionIds: readonly number[];
  readonly finished: boolean;
  readonly maxCompletionTokens: number;
}

/** Functions that a user could write, good and bad. Its process, and an import, are among what they use. */
export function reward(prompt: string, completion: string, reference: string, rest: Rest): number {
  const length = rest.completionIds.length / rest.maxCompletionTokens;
  return Number(completion.includes(reference)) + (rest.finished ? 10 : 0) + prompt.length / longest + length;
}

export async function later(): Promise<number> {
  await Promise.resolve();
  return 0.25;
}

/** By what the completion says. */
export function bad(_prompt: string, completion: string): unknown {
  switch (completion) {
    case 'nothing':
      return undefined;
    case 'throw':
      throw new Error('no such luck');
    case 'loop':
      for (;;);
    case 'block':
      return spawnSync('sleep', ['1000']).status;
    case 'never':
      return new Promise(() => undefined);
    case 'exit':
      process.exit(0);
    // eslint-disable-next-line no-fallthrough -- The process has ended.
    case 'text':
      return '1';
    default:
      return Number(completion);
  }
}

export const notAFunction = 1;

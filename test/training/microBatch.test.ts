import { describe, expect, it } from 'vitest';
import { cutMicroBatches, type TrainingRow } from '../../core/training/microBatch.ts';
import { plainRow } from './plainSteps.ts';

const prompts = [4, 6, 5].map((length) => Array<number>(length).fill(7));

function row(prompt: number, length: number): TrainingRow {
  return plainRow(prompts[prompt] ?? [], Array<number>(length).fill(0));
}

/** Prompt and length of each row, batch by batch. */
function layout(rows: readonly TrainingRow[], tokens: number): string[] {
  return cutMicroBatches(rows, tokens).map(({ rows: own }) =>
    own.map(({ prompt, ids }) => `${prompts.indexOf(prompt as number[])}:${ids.length}`).join(' '),
  );
}

describe('cutMicroBatches', () => {
  const rows = [row(0, 9), row(1, 2), row(2, 30), row(0, 3), row(1, 4), row(2, 8)];

  it('keeps rows of a prompt together, prompts with short completions first', () => {
    expect(layout(rows, 1000)).toEqual(['1:2 1:4 0:3 0:9 2:8 2:30']);
    expect(cutMicroBatches(rows, 1000)[0]?.tokens).toBe(4 + 6 + 5 + 9 + 2 + 30 + 3 + 4 + 8);
  });

  it('makes batches of nearly equal size', () => {
    expect(layout(rows, 40)).toEqual(['1:2 1:4 0:3 0:9 2:8', '2:30']);
    const groups = Array.from({ length: 8 }, (_, group) => [group]);
    const many = Array.from({ length: 64 }, (_, i) => ({ ...row(0, 10), prompt: groups[i >> 3] ?? [] }));
    const sizes = cutMicroBatches(many, 300).map(({ tokens }) => tokens);
    expect(sizes).toHaveLength(3);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(12);
  });

  it('puts rows longer than the limit into batches of their own, and loses none', () => {
    expect(layout(rows, 1)).toEqual(['1:2', '1:4', '0:3', '0:9', '2:8', '2:30']);
    expect(cutMicroBatches([], 100)).toEqual([]);
  });
});

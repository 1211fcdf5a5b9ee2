import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { openSafetensors } from '../../core/model/safetensors.ts';
import type { AdvantageResult, GroupAdvantageOptions } from '../../core/training/advantage.ts';
import { groupAdvantages, leaveOneOutAdvantages, lengthMetrics, rewardMetrics } from '../../core/training/advantage.ts';
import { goldenPath, hasGolden } from '../goldenFolder.ts';

interface AdvantageCase {
  readonly id: number;
  readonly trainer: 'grpo' | 'rloo';
  readonly table: string;
  readonly scale_rewards?: GroupAdvantageOptions['scaleRewards'];
  readonly multi_objective_aggregation?: GroupAdvantageOptions['aggregation'];
  readonly normalize_advantages?: boolean;
  readonly reward_clip_range?: readonly [number, number] | null;
  readonly beta?: number;
  readonly reward_weights: readonly number[];
  readonly metrics: Readonly<Record<string, number | string>>;
}

interface AdvantageFile {
  readonly group: number;
  readonly cases: readonly AdvantageCase[];
  readonly completion_lengths: {
    readonly completions: number[];
    readonly finished: boolean[];
    readonly metrics: Readonly<Record<string, number | string>>;
  };
}

const folder = ['trl', 'advantages'];

function expectClose(actual: number | undefined, expected: number, what: string, tolerance = 1e-5): void {
  if (Number.isNaN(expected)) {
    expect(actual, what).toBeNaN();
  } else {
    const difference = Math.abs((actual ?? Number.NaN) - expected);
    expect(difference, what).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(expected)));
  }
}

/**
 * Equal rewards have advantages of exactly 0 here; in TRL's float32 they can differ by a rounding error, which is then divided by a
 * standard deviation of 0 + 1e-4.
 */
function toleranceFor(advantage: number | undefined, rewards: Float64Array): number {
  const largest = rewards.reduce((most, reward) => Math.max(most, Math.abs(reward) || 0), 0);
  return advantage === 0 ? Math.max(1e-5, (largest * 2 ** -23) / 1e-4) : 1e-5;
}

function expectMetrics(actual: Record<string, number>, expected: Readonly<Record<string, number | string>>): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected)) {
    expectClose(actual[name], Number(value), name);
  }
}

function describeCase(entry: AdvantageCase): string {
  const told = ['trainer', 'table', 'metrics', 'reward_weights'];
  const options = Object.entries(entry).filter(([name]) => !told.includes(name));
  return `${entry.trainer} ${entry.table} ${options.map(([name, value]) => `${name}=${String(value)}`).join(' ')}`;
}

describe('trl/advantages', () => {
  if (!hasGolden(...folder)) {
    it.skip(`no ${folder.join('/')} in the golden folder`);
    return;
  }
  const file = JSON.parse(readFileSync(goldenPath(...folder, 'cases.json'), 'utf8')) as AdvantageFile;
  const tensors = openSafetensors(goldenPath(...folder, 'tensors.safetensors'));
  afterAll(() => tensors.close());

  function rowsOf(name: string): number[][] {
    const [rows = 0, columns = 0] = tensors.info(name).shape;
    const values = tensors.readFloat32(name);
    return Array.from({ length: rows }, (_, row) => [...values.subarray(row * columns, (row + 1) * columns)]);
  }

  function logRatios(id: number): number[][] {
    const reference = rowsOf(`case${id}.ref_per_token_logps`);
    return rowsOf(`case${id}.old_per_token_logps`).map((row, index) =>
      row.map((value, token) => value - (reference[index]?.[token] ?? Number.NaN)),
    );
  }

  it.each(file.cases.map((entry) => ({ entry, name: describeCase(entry) })))('$name', ({ entry }) => {
    const rewards = rowsOf(`case${entry.id}.rewards`);
    const batch = { rewards, weights: entry.reward_weights, groupSize: file.group };
    let result: AdvantageResult;
    if (entry.trainer === 'grpo') {
      result = groupAdvantages(batch, {
        scaleRewards: entry.scale_rewards ?? 'group',
        aggregation: entry.multi_objective_aggregation ?? 'sum_then_normalize',
      });
    } else {
      result = leaveOneOutAdvantages(batch, {
        normalizeAdvantages: entry.normalize_advantages ?? false,
        beta: entry.beta ?? 0,
        referenceLogRatios: logRatios(entry.id),
        ...(entry.reward_clip_range ? { rewardClipRange: entry.reward_clip_range } : {}),
      });
    }
    const expected = tensors.readFloat32(`case${entry.id}.advantages`);
    expect(result.advantages).toHaveLength(expected.length);
    for (const [row, value] of expected.entries()) {
      const tolerance = toleranceFor(result.advantages[row], result.rewards);
      expectClose(result.advantages[row], value, `advantage of row ${row}`, tolerance);
    }
    const names = entry.reward_weights.map((_, index) => `reward${index}`);
    expectMetrics(rewardMetrics(batch, names, result), entry.metrics);
  });

  it('completion lengths', () => {
    const { completions, finished, metrics } = file.completion_lengths;
    expectMetrics(lengthMetrics(completions, finished), metrics);
  });
});

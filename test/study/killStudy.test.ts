import { expect, it } from 'vitest';
import { randomStream } from '../../core/tensor/random.ts';
import { summarizeStudy } from '../../core/study/report/studySummary.ts';
import { productOfSuite, runCommand } from '../cli/product.ts';
import { listRuns } from '../../core/runs/runStore.ts';
import path from 'node:path';
import { temporaryFolder } from '../runs/folder.ts';
import { finishStudy, killStudy } from './killStudy.ts';
import { lasting, resultsIn, writeTinyStudy } from './studyHarness.ts';

const product = productOfSuite();

it(
  'comes to the same leaderboard bit for bit after it was killed, and runs nothing twice',
  { timeout: 300_000 },
  async () => {
    const [whole, killed] = [temporaryFolder(), temporaryFolder()];
    for (const folder of [whole, killed]) writeTinyStudy(folder);
    expect(await finishStudy(product(), whole)).toBe(0);
    const random = randomStream(11, 'moments');
    await killStudy(product(), killed, random);
    await killStudy(product(), killed, random);
    expect(await finishStudy(product(), killed)).toBe(0);
    expect(lasting(resultsIn(killed))).toEqual(lasting(resultsIn(whole)));
    expect(summarizeStudy(resultsIn(killed)).fingerprint).toBe(summarizeStudy(resultsIn(whole)).fingerprint);
    const { trials } = resultsIn(whole);
    expect(
      new Set(trials.map(({ seconds: _, run: _run, ...trial }) => JSON.stringify(trial.benchmarks))).size,
    ).toBeGreaterThan(1);
    const runs = listRuns(path.join(killed, '.rlvr', 'runs'));
    expect(new Set(runs.map(({ record }) => record?.trial?.id)).size).toBe(runs.length);
    expect(await finishStudy(product(), killed)).toBe(0);
    expect(listRuns(path.join(killed, '.rlvr', 'runs'))).toHaveLength(runs.length);
  },
);

it('goes on where a trial fails, and says so', { timeout: 120_000 }, async () => {
  const folder = temporaryFolder();
  const methods = [
    { name: 'lora', adapter: { type: 'lora', r: 2 }, learning_rate: 0.01 },
    { name: 'wild', adapter: { type: 'lora', r: 2 }, learning_rate: 1e38 },
  ];
  writeTinyStudy(folder, { methods, seeds: 1, tuning: undefined });
  const { code, out, err } = await runCommand(product(), folder, ['study', 'tiny.study.yaml']);
  expect([code, err]).toEqual([1, '']);
  expect(out).toMatch(/failed +wild: /);
  expect(resultsIn(folder).trials.map(({ status, uses }) => [uses[0]?.method, status])).toEqual([
    ['lora', 'finished'],
    ['wild', 'failed'],
  ]);
  const status = await runCommand(product(), folder, ['study', 'status', 'tiny.study.yaml', '--json']);
  expect(JSON.parse(status.out)).toMatchObject({
    trials: 3,
    ended: 3,
    failed: [{ error: { code: 'training/not-finite' } }],
  });
});

import { describe, expect, it } from 'vitest';
import { randomStream } from '../../core/tensor/random.ts';
import { productOfSuite } from '../cli/product.ts';
import { temporaryFolder } from './folder.ts';
import { killAndResume, prepareKills } from './killHarness.ts';

/** RLVR_KILLS: how often processes are killed, at least. RLVR_KILL_SEED: what the moments are drawn from. */
const kills = Number(process.env['RLVR_KILLS'] ?? 120);
const seed = Number(process.env['RLVR_KILL_SEED'] ?? 1);
const mostKillsPerRun = 6;

/** Experiments that differ in what a checkpoint has to hold. */
const experiments: readonly (readonly [string, object])[] = [
  ['on-policy', { engine: { threads: 2 } }],
  [
    'several steps and iterations a batch, KL',
    {
      objective: { type: 'grpo', beta: 0.05 },
      training: { steps: 8, checkpoint_every: 3, num_iterations: 2, steps_per_generation: 2, keep_checkpoints: 1 },
      engine: { threads: 2 },
    },
  ],
];

describe('runs whose processes are killed again and again', () => {
  const product = productOfSuite();

  it.each(experiments)('finish as if nothing had happened: %s', async (name, changes) => {
    const subject = await prepareKills(product(), temporaryFolder(), changes);
    const landings: string[] = [];
    for (let run = 0; landings.length < kills / experiments.length; run++) {
      const random = randomStream(seed, name, run);
      landings.push(...(await killAndResume(subject, 1 + random.integer(mostKillsPerRun), random)));
    }
    const counts = new Map<string, number>();
    for (const landing of landings) counts.set(landing, (counts.get(landing) ?? 0) + 1);
    const lines = [...counts]
      .sort(([, a], [, b]) => b - a)
      .map(([landing, count]) => `${String(count).padStart(5)}  ${landing}`);
    console.log([`${landings.length} kills (${name}, seed ${seed}) landed:`, ...lines].join('\n'));
    expect(landings.length).toBeGreaterThanOrEqual(kills / experiments.length);
  });
});

import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { weightPrefix } from '../../core/model/baseLayers.ts';
import { loadCheckpoint } from '../../core/model/checkpoint.ts';
import { parseSafetensors } from '../../core/model/safetensors.ts';
import { randomStream } from '../../core/tensor/random.ts';
import { createSampler } from '../../core/training/rollout.ts';
import { plainSampling } from '../../core/training/sampling.ts';
import { goldenPath, hasGolden } from '../goldenFolder.ts';

const names = hasGolden('transformers', 'models') ? readdirSync(goldenPath('transformers', 'models')) : [];

describe('transformers/greedy', () => {
  if (names.length === 0) it.skip('no transformers models in the golden folder');
  for (const name of names) {
    it(`${name}: greedy ids`, async () => {
      const { config, weights } = await loadCheckpoint(goldenPath('transformers', 'models', name));
      const golden = parseSafetensors(readFileSync(goldenPath('transformers', `${name}.safetensors`)));
      const [rows = 0, width = 0] = golden.info('prompt_ids').shape;
      const [, tokens = 0] = golden.info('greedy_ids').shape;
      const ids = Array.from(golden.read('prompt_ids'), Number);
      const mask = Array.from(golden.read('prompt_mask'), Number);
      const prompts = Array.from({ length: rows }, (_, row) =>
        ids.slice(row * width, (row + 1) * width).filter((_id, i) => mask[row * width + i] === 1),
      );
      const sampler = createSampler(config);
      const feeds = Object.fromEntries([...weights].map(([key, { data }]) => [weightPrefix + key, data]));
      const completions = await sampler.generate(feeds, {
        prompts,
        rows: prompts.map((_, prompt) => ({ prompt, random: randomStream(1, prompt) })),
        maxTokens: tokens,
        minTokens: 0,
        stopIds: config.eosTokenIds,
        sampling: plainSampling(0),
      });
      // `generate` pads a row that has met its end.
      const padded = completions.flatMap(({ ids: own }) => [
        ...own,
        ...Array<number>(tokens - own.length).fill(config.padTokenId ?? -1),
      ]);
      expect(padded).toEqual(Array.from(golden.read('greedy_ids'), Number));
      await sampler.release();
    });
  }
});

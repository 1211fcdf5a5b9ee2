import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSafetensors } from '../../../core/model/safetensors.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { clipByNorm, type NormKind } from '../../../core/optimizer/gradient/clipByNorm.ts';
import { goldenPath, hasGolden } from '../../goldenFolder.ts';

interface ClippingCase {
  readonly id: number;
  readonly max_norm: number;
  readonly norm_type: number | string;
  readonly total_norm: number;
}

describe('optim/clipping', () => {
  if (!hasGolden('optim', 'clipping.json')) {
    it.skip('no optim/clipping.json in the golden folder');
    return;
  }
  const { cases } = JSON.parse(readFileSync(goldenPath('optim', 'clipping.json'), 'utf8')) as { cases: ClippingCase[] };
  const file = openSafetensors(goldenPath('optim', 'clipping.safetensors'));
  beforeAll(() => tf.setBackend('cpu'));
  afterAll(() => file.close());
  for (const entry of cases) {
    const title = `case ${entry.id}, norm ${entry.norm_type}, at most ${entry.max_norm}`;
    const kind = ([1, 2, 'inf'] as const).find((each): each is NormKind => each === entry.norm_type);
    if (kind === undefined) {
      it.skip(`${title}: not covered, there is no clipping by this norm`);
      continue;
    }
    it(title, () => {
      const names = file.names.filter((name) => name.startsWith(`case${entry.id}.before`));
      expect(names.length).toBeGreaterThan(0);
      const before = names.map((name) => tf.tensor(file.readFloat32(name), [...file.info(name).shape]));
      const { gradients, norm } = clipByNorm(before, entry.max_norm, kind);
      expect(Math.abs((norm.dataSync()[0] ?? Number.NaN) - entry.total_norm)).toBeLessThanOrEqual(
        1e-6 * Math.max(1, entry.total_norm),
      );
      for (const [i, name] of names.entries()) {
        const expected = file.readFloat32(name.replace('before', 'after'));
        const actual = gradients[i]!.dataSync();
        expect(actual.length).toBe(expected.length);
        expected.forEach((value, k) => expect(Math.abs(actual[k]! - value)).toBeLessThanOrEqual(1e-6));
      }
    });
  }
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomStream } from '../../core/tensor/random.ts';
import { buildProduct } from '../cli/product.ts';
import type { Product } from '../cli/product.ts';
import { temporaryFolder } from './folder.ts';
import { killAndResume, prepareKills } from './killHarness.ts';

describe('a run whose process is killed', () => {
  let product: Product;
  beforeAll(async () => {
    product = await buildProduct();
  });
  afterAll(() => {
    product.remove();
  });

  // `npm run soak` kills more than a hundred times.
  it('finishes after a resume as if nothing had happened', { timeout: 120_000 }, async () => {
    const subject = await prepareKills(product, temporaryFolder(), {});
    const landings = await killAndResume(subject, 4, randomStream(1, 'kill'));
    expect(landings.length).toBeGreaterThan(0);
  });
});

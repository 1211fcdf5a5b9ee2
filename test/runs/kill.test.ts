import { describe, expect, it } from 'vitest';
import { randomStream } from '../../core/tensor/random.ts';
import { productOfSuite } from '../cli/product.ts';
import { temporaryFolder } from './folder.ts';
import { killAndResume, prepareKills } from './killHarness.ts';

describe('a run whose process is killed', () => {
  const product = productOfSuite();

  // `npm run soak` kills more than a hundred times.
  it('finishes after a resume as if nothing had happened', { timeout: 120_000 }, async () => {
    const subject = await prepareKills(product(), temporaryFolder(), {});
    const kills = 4;
    const landings: string[] = [];
    // A run may be at its end before its moment comes; then the next one is killed.
    for (let run = 0; landings.length < kills; run++) {
      landings.push(...(await killAndResume(subject, kills - landings.length, randomStream(1, 'kill', run))));
    }
    expect(landings).toHaveLength(kills);
  });
});

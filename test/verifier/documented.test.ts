import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createVerifierPool } from '../../core/verifier/pool/verifierPool.ts';
import { defaultVerifierOptions } from '../../core/verifier/verifierOptions.ts';

const page = readFileSync(path.join(import.meta.dirname, '../../docs/verifier.md'), 'utf8');
const rows = [...page.matchAll(/^\| `(.*?)` \| `(.*?)` \| (yes|no|reference unusable) \|$/gmu)];
const verdicts = { true: 'yes', false: 'no', undefined: 'reference unusable' };
const pool = createVerifierPool();

afterAll(() => pool.close());

it('has examples', () => {
  expect(rows.length).toBeGreaterThan(20);
});

it.each(rows.map(([, reference = '', completion = '', verdict]) => ({ reference, completion, verdict })))(
  '$completion against $reference: $verdict',
  async ({ reference, completion, verdict }) => {
    const { equal } = await pool.verify(completion, reference, defaultVerifierOptions);
    expect(verdicts[`${equal}`]).toBe(verdict);
  },
);

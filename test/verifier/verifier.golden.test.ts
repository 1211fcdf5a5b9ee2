import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { extractedValues } from '../../core/verifier/extractedValues.ts';
import { createVerifierPool, defaultLimitMilliseconds } from '../../core/verifier/pool/verifierPool.ts';
import { parseVerifierCase } from '../../core/verifier/verifierCase.ts';
import { describeVerification } from '../../core/verifier/verification.ts';
import { defaultVerifierOptions } from '../../core/verifier/verifierOptions.ts';
import { goldenPath, hasGolden } from '../goldenFolder.ts';

interface Expectation {
  readonly id: string;
  readonly kind: string;
  readonly source: string;
  readonly expected: boolean | null;
  readonly disputed?: boolean;
  readonly extracted?: readonly string[];
}

interface Result {
  readonly kind: string;
  readonly isRight: boolean;
  readonly isAccepted: boolean;
  readonly words: string;
}

/** Of this project's own cases, which go beyond what any verifier is known to get right, this share at least has to be. */
const ownShare = 0.97;
const files = hasGolden('verifier')
  ? readdirSync(goldenPath('verifier')).filter((name) => name.endsWith('.jsonl'))
  : [];
const pool = createVerifierPool();

afterAll(() => pool.close());

async function resultOf(line: string): Promise<Result | undefined> {
  const expectation = JSON.parse(line) as Expectation;
  const { id, kind, expected } = expectation;
  if (expectation.disputed === true) return undefined;
  const read = parseVerifierCase(line, defaultVerifierOptions);
  if ('problem' in read) return { kind, isRight: false, isAccepted: false, words: `${id}: ${read.problem}` };
  if (read.isExtraction) {
    const wanted = expectation.extracted ?? [];
    const given = extractedValues(read.answer, read.options);
    const isRight = wanted.length === 0 ? given.length === 0 : wanted.every((value, index) => given[index] === value);
    return { kind, isRight, isAccepted: false, words: `${id}: extracted ${JSON.stringify(given)}` };
  }
  const verification = await pool.verify(read.answer, read.gold ?? '', read.options);
  // eslint-disable-next-line no-restricted-syntax -- JSON has no undefined.
  const given = verification.equal ?? null;
  const trace = describeVerification(verification).replaceAll('\n', '; ');
  return {
    kind,
    isRight: given === expected,
    isAccepted: given === true,
    words: `${id} (${kind}): ${given} instead of ${expected}; ${trace}`,
  };
}

async function resultsOf(file: string): Promise<readonly Result[]> {
  const lines = readFileSync(goldenPath('verifier', file), 'utf8').split('\n');
  const results = await Promise.all(lines.filter((line) => line.trim() !== '').map(resultOf));
  return results.filter((result) => result !== undefined);
}

describe('verifier', () => {
  if (files.length === 0) {
    it.skip('no verifier/*.jsonl in the golden folder');
    return;
  }
  describe.each(files)('%s', async (file) => {
    const results = await resultsOf(file);
    const isOwn = file.includes('own');
    const wrong = results.filter(({ isRight }) => !isRight);
    const kinds = [...new Set(results.map(({ kind }) => kind))];

    it.each(kinds)('%s', (kind) => {
      const ofKind = results.filter((result) => result.kind === kind);
      const missed = ofKind.filter(({ isRight }) => !isRight).map(({ words }) => words);
      for (const words of missed) console.log(`missed ${words}`);
      const accepted = ofKind.filter(({ isRight, isAccepted }) => !isRight && isAccepted);
      expect(accepted.map(({ words }) => words)).toEqual([]);
      if (!isOwn) expect(missed).toEqual([]);
    });

    it(`gets ${isOwn ? `${100 * ownShare} %` : 'all'} of ${results.length} right`, () => {
      const right = results.length - wrong.length;
      expect(right).toBeGreaterThanOrEqual(isOwn ? ownShare * results.length : results.length);
    });
  });

  it('stops every comparison well before a second', () => {
    expect(defaultLimitMilliseconds).toBeLessThanOrEqual(500);
  });
});

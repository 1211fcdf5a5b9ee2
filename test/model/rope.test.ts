import { describe, expect, it } from 'vitest';
import { ropeFrequencies } from '../../core/model/rope.ts';
import type { RopeScaling } from '../../core/model/ropeConfig.ts';

// Expected values follow transformers' formulas in NumPy with every step in float32.
const cases: readonly [string, number, number, RopeScaling | undefined, readonly number[]][] = [
  [
    'default',
    10000,
    16,
    undefined,
    [
      1.0, 0.3162277638912201, 0.10000000149011612, 0.03162277862429619, 0.009999999776482582, 0.003162277862429619,
      0.0010000000474974513, 0.0003162277862429619,
    ],
  ],
  [
    'llama3, with wavelengths kept, interpolated and divided',
    500000,
    16,
    { type: 'llama3', factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPositionEmbeddings: 64 },
    [
      1.0, 0.07940301299095154, 0.004700753837823868, 0.0009115831344388425, 0.00017677668074611574,
      3.428102354519069e-5, 6.647870577580761e-6, 1.289173155782919e-6,
    ],
  ],
  [
    'linear',
    10000,
    8,
    { type: 'linear', factor: 4 },
    [0.25, 0.02500000037252903, 0.0024999999441206455, 0.0002500000118743628],
  ],
];

describe('ropeFrequencies', () => {
  it.each(cases)('%s', (_, ropeTheta, headDim, ropeScaling, expected) => {
    const frequencies = ropeFrequencies({ ropeTheta, headDim, ropeScaling });
    expect(frequencies).toHaveLength(expected.length);
    for (const [i, frequency] of frequencies.entries()) {
      expect(Math.abs(frequency / expected[i]! - 1), `pair ${i}`).toBeLessThan(2e-7);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { mersenneTwister, torchUniform } from '../../core/lowrank/torchUniform.ts';

function words(seed: number, count: number, skipped = 0): number[] {
  const next = mersenneTwister(seed);
  for (let i = 0; i < skipped; i++) next();
  return Array.from({ length: count }, next);
}

describe('the Mersenne Twister', () => {
  // The sequence of std::mt19937 and of numpy's and torch's generators with this seed.
  it('gives the known sequence of the seed 5489', () => {
    expect(words(5489, 5)).toEqual([3499211612, 581869302, 3890346734, 3586334585, 545404204]);
  });

  it('gives the 10,000th word that the C++ standard asks for', () => {
    expect(words(5489, 1, 9999)).toEqual([4123659995]);
  });

  it('takes the lower 32 bits of a seed', () => {
    expect(words(2 ** 32 + 7, 3)).toEqual(words(7, 3));
    expect(words(7, 3)).not.toEqual(words(8, 3));
  });
});

describe('uniform values as torch draws them', () => {
  // torch.empty(4).uniform_(-b, b, generator=torch.Generator().manual_seed(0)) with b = 6 ** 0.5, printed with all digits.
  it('are its values bit for bit', () => {
    const values = torchUniform(mersenneTwister(0), 4, Math.sqrt(6));
    expect(Array.from(values)).toEqual([
      -0.018338890746235847, 1.314013123512268, -2.016040802001953, -1.8026751279830933,
    ]);
  });

  it('go on where the last ones ended', () => {
    const [one, two] = [mersenneTwister(3), mersenneTwister(3)];
    const whole = torchUniform(one, 10, 1);
    expect([...torchUniform(two, 4, 1), ...torchUniform(two, 6, 1)]).toEqual(Array.from(whole));
    expect(whole.every((value) => value >= -1 && value < 1)).toBe(true);
  });
});

import type { RandomNumbers } from '../contracts/randomNumbers.ts';

/** Rounds after which the words no longer show how the generator was seeded. */
const WARM_UP = 12;

/**
 * `count` bytes, 0 with probability `rate` and else 1, each by itself. Masks are as large as activations, so they come from a generator
 * that is many times faster than `random`, which seeds it: sfc32 (C. Doty-Humphrey, PractRand). Each word decides for four values: a byte
 * is compared with 256 * rate, and where it is the one that 256 * rate lies in, a number of `random` decides, so that the rate is exact.
 */
export function dropoutMask(count: number, rate: number, random: RandomNumbers): Uint8Array {
  const mask = new Uint8Array(count);
  const limit = Math.floor(256 * rate);
  const share = 256 * rate - limit;
  let [a, b, c, counter] = [random.nextUint32() | 0, random.nextUint32() | 0, random.nextUint32() | 0, 1];
  for (let i = -4 * WARM_UP; i < count; i += 4) {
    const word = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + word) | 0;
    for (let part = i < 0 ? 4 : 0; part < 4; part++) {
      const byte = (word >>> (8 * part)) & 255;
      // A write past the end is dropped.
      if (byte > limit || (byte === limit && random.uniform() >= share)) mask[i + part] = 1;
    }
  }
  return mask;
}

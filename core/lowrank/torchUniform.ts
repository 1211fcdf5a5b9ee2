const WORDS = 624;
const MIDDLE = 397;
const UPPER_BIT = 0x80000000;
const LOWER_BITS = 0x7fffffff;
const TWIST = 0x9908b0df;

/** 624 words of state from a seed, of which the lower 32 bits count (`init_genrand`). */
function seededWords(seed: number): Uint32Array {
  const words = new Uint32Array(WORDS);
  words[0] = seed % 2 ** 32;
  for (let index = 1; index < WORDS; index++) {
    const last = words[index - 1] ?? 0;
    words[index] = Math.imul(1812433253, last ^ (last >>> 30)) + index;
  }
  return words;
}

/** The next 624 words of state, in place. */
function twist(words: Uint32Array): void {
  let word = words[0] ?? 0;
  for (let index = 0; index < WORDS; index++) {
    const following = words[index + 1 === WORDS ? 0 : index + 1] ?? 0;
    const joined = (word & UPPER_BIT) | (following & LOWER_BITS);
    const middle = words[index < WORDS - MIDDLE ? index + MIDDLE : index + MIDDLE - WORDS] ?? 0;
    words[index] = middle ^ (joined >>> 1) ^ (joined & 1 ? TWIST : 0);
    word = following;
  }
}

function tempered(word: number): number {
  let bits = word ^ (word >>> 11);
  bits ^= (bits << 7) & 0x9d2c5680;
  bits ^= (bits << 15) & 0xefc60000;
  return (bits ^ (bits >>> 18)) >>> 0;
}

/**
 * Words of 32 bits as torch's generator on the CPU draws them: the Mersenne Twister MT19937 (M. Matsumoto, T. Nishimura: ACM TOMACS 8,
 * 1998), one after another.
 */
export function mersenneTwister(seed: number): () => number {
  const words = seededWords(seed);
  let next = WORDS;
  return () => {
    if (next === WORDS) {
      twist(words);
      next = 0;
    }
    return tempered(words[next++] ?? 0);
  };
}

/**
 * `count` values as torch's `Tensor.uniform_(-bound, bound, generator)` gives them for float32 on the CPU, bit for bit: the lower 24 bits
 * of each word as a fraction of [0, 1), times 2 bound, minus bound, rounded once. The sum before that is exact in float64.
 */
export function torchUniform(nextWord: () => number, count: number, bound: number): Float32Array {
  const exact = Math.fround(bound);
  const values = new Float32Array(count);
  for (let index = 0; index < count; index++) values[index] = ((nextWord() & 0xffffff) * 2 ** -23 - 1) * exact;
  return values;
}

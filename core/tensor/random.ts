import type { RandomNumbers } from '../contracts/randomNumbers.ts';
import { RlvrError } from '../errors.ts';

const ROUNDS = 10;
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const KEY_STEP_0 = 0x9e3779b9;
const KEY_STEP_1 = 0xbb67ae85;
const TWO_TO_32 = 4294967296;
const TWO_TO_64 = 1n << 64n;

/** Four 32-bit words: a counter of Philox4x32. */
export type Counter = readonly [number, number, number, number];

/** Two 32-bit words: a key of Philox4x32. */
export type Key = readonly [number, number];

/** The upper 32 bits of left * right. The products of 16-bit halves are exact, so the hot path needs no BigInt. */
function upperProduct(left: number, right: number): number {
  const leftHigh = left >>> 16;
  const leftLow = left & 0xffff;
  const rightHigh = right >>> 16;
  const rightLow = right & 0xffff;
  const first = (Math.imul(leftHigh, rightLow) >>> 0) + (Math.imul(leftLow, rightLow) >>> 16);
  const second = (Math.imul(leftLow, rightHigh) >>> 0) + (first & 0xffff);
  return (Math.imul(leftHigh, rightHigh) + (first >>> 16) + (second >>> 16)) | 0;
}

/** Writes the block of a counter under a key to `target[offset]` ... `target[offset + 3]`. */
function writeBlock(
  target: Uint32Array,
  offset: number,
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
): void {
  let word0 = counter0 | 0;
  let word1 = counter1 | 0;
  let word2 = counter2 | 0;
  let word3 = counter3 | 0;
  let round0 = key0 | 0;
  let round1 = key1 | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const upper0 = upperProduct(MULTIPLIER_0, word0);
    const upper1 = upperProduct(MULTIPLIER_1, word2);
    const lower0 = Math.imul(MULTIPLIER_0, word0);
    const lower1 = Math.imul(MULTIPLIER_1, word2);
    word0 = upper1 ^ word1 ^ round0;
    word1 = lower1;
    word2 = upper0 ^ word3 ^ round1;
    word3 = lower0;
    round0 = (round0 + KEY_STEP_0) | 0;
    round1 = (round1 + KEY_STEP_1) | 0;
  }
  target[offset] = word0;
  target[offset + 1] = word1;
  target[offset + 2] = word2;
  target[offset + 3] = word3;
}

/**
 * Philox4x32-10 of a counter under a key: four words of 32 bits, in the word order of Random123's known-answer vectors.
 *
 * J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011), section 3.3.
 */
export function philox4x32(counter: Counter, key: Key): Uint32Array {
  const block = new Uint32Array(4);
  writeBlock(block, 0, ...counter, ...key);
  return block;
}

/** ln(count / 2^32) for an integer count in 1 ... 2^32. */
function logarithmOfFraction(count: number): number {
  let exponent = count >= TWO_TO_32 ? 32 : 31 - Math.clz32(count);
  let mantissa = count / 2 ** exponent;
  if (mantissa > Math.SQRT2) {
    mantissa *= 0.5;
    exponent += 1;
  }
  const ratio = (mantissa - 1) / (mantissa + 1);
  const square = ratio * ratio;
  let sum = 1 / 21;
  for (let odd = 19; odd > 0; odd -= 2) {
    sum = sum * square + 1 / odd;
  }
  return 2 * ratio * sum + (exponent - 32) * Math.LN2;
}

/**
 * Two independent standard normal values from two random words (Box and Muller 1958), at most sqrt(2 ln 2^32) = 6.66 in size,
 * written to `target[offset]` and `target[offset + 1]`. A write past the end is dropped.
 *
 * Logarithm, sine and cosine are series of sums and products because the last bits of `Math.log` and `Math.sin` differ between
 * engines and their versions: so the values are the same bits everywhere.
 */
function writeNormalPair(target: Float32Array, offset: number, radiusWord: number, angleWord: number): void {
  const radius = Math.sqrt(-2 * logarithmOfFraction(radiusWord + 1));
  const angle = ((angleWord & 0x3fffffff) / 0x40000000 - 0.5) * (Math.PI / 2);
  const square = angle * angle;
  let sine = 1;
  let cosine = 1;
  for (let even = 14; even > 0; even -= 2) {
    sine = 1 - (sine * square) / (even * (even + 1));
    cosine = 1 - (cosine * square) / (even * (even - 1));
  }
  sine *= angle;
  const quadrant = angleWord >>> 30;
  const signed = quadrant >= 2 ? -radius : radius;
  target[offset] = signed * (quadrant % 2 === 1 ? sine : cosine);
  target[offset + 1] = signed * (quadrant % 2 === 1 ? cosine : sine);
}

/** Where a stream stands, as JSON: `stream` names it (four words), `position` counts the 32-bit words already drawn. */
export interface RandomState {
  readonly stream: Counter;
  readonly position: number;
}

/**
 * One stream of random numbers, a pure function of its name and position: drawing from one stream never moves another, and
 * drawing n values at once gives the same values as drawing them one by one (`normals` draws them in pairs).
 */
export class RandomStream implements RandomNumbers {
  private readonly name: Counter;
  private position: number;
  private readonly block = new Uint32Array(4);
  private blockIndex = -1;

  /** Continues at `state`; see `randomStream` and `restoreRandomStream`. */
  constructor(state: RandomState) {
    this.name = [...state.stream];
    this.position = state.position;
  }

  private writeBlockAt(index: number, target: Uint32Array, offset: number): void {
    const [key0, key1, upper0, upper1] = this.name;
    writeBlock(target, offset, index | 0, Math.floor(index / TWO_TO_32), upper0, upper1, key0, key1);
  }

  /** The next word: an integer in [0, 2^32). */
  nextUint32(): number {
    const index = Math.floor(this.position / 4);
    if (index !== this.blockIndex) {
      this.writeBlockAt(index, this.block, 0);
      this.blockIndex = index;
    }
    const word = this.block[this.position % 4] ?? 0;
    this.position += 1;
    return word;
  }

  /** The next `count` words. */
  private words(count: number): Uint32Array {
    const first = Math.floor(this.position / 4);
    const skipped = this.position % 4;
    const blocks = Math.ceil((skipped + count) / 4);
    const buffer = new Uint32Array(4 * blocks);
    for (let block = 0; block < blocks; block++) {
      this.writeBlockAt(first + block, buffer, 4 * block);
    }
    this.position += count;
    return buffer.subarray(skipped, skipped + count);
  }

  /** A multiple of 2^-24 in [0, 1), exact in float32. Draws one word. */
  uniform(): number {
    return (this.nextUint32() >>> 8) * 2 ** -24;
  }

  /** `count` values as `uniform` gives them. Draws `count` words. */
  uniforms(count: number): Float32Array {
    const words = this.words(checkedCount(count));
    const values = new Float32Array(count);
    for (let index = 0; index < count; index++) {
      values[index] = ((words[index] ?? 0) >>> 8) * 2 ** -24;
    }
    return values;
  }

  /** `count` standard normal values, the same bits on every platform. Draws an even number of words. */
  normals(count: number): Float32Array {
    const words = this.words(2 * Math.ceil(checkedCount(count) / 2));
    const values = new Float32Array(count);
    for (let index = 0; index < count; index += 2) {
      writeNormalPair(values, index, words[index] ?? 0, words[index + 1] ?? 0);
    }
    return values;
  }

  /** An integer in [0, bound), each equally likely, for bound in 1 ... 2^32. Draws one word, and more where one is rejected. */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > TWO_TO_32) {
      throw new RlvrError('config/invalid', `A random integer needs a bound from 1 to 2^32, not ${bound}.`, { bound });
    }
    const limit = TWO_TO_32 - (TWO_TO_32 % bound);
    let word = this.nextUint32();
    while (word >= limit) {
      word = this.nextUint32();
    }
    return word % bound;
  }

  /** The values in random order, each order equally likely (Fisher and Yates); `values` stays as it is. */
  shuffle<T>(values: readonly T[]): T[] {
    const order = this.permutation(values.length);
    return order.map((index) => values[index] as T);
  }

  /** The integers 0 ... count - 1 in random order. */
  permutation(count: number): number[] {
    const order = Array.from({ length: checkedCount(count) }, (_, index) => index);
    for (let last = count - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const value = order[last] ?? 0;
      order[last] = order[other] ?? 0;
      order[other] = value;
    }
    return order;
  }

  /** Where this stream stands, for a checkpoint: `restoreRandomStream` continues there. */
  state(): RandomState {
    return { stream: this.name, position: this.position };
  }
}

function checkedCount(count: number): number {
  if (!Number.isInteger(count) || count < 0 || count > TWO_TO_32) {
    throw new RlvrError(
      'config/invalid',
      `The number of random values must be an integer from 0 to 2^32, not ${count}.`,
      { count },
    );
  }
  return count;
}

/** The words of one part of a stream's name, with its kind and length first, so that no two names give the same words. */
function wordsOfPart(part: string | number | bigint): number[] {
  if (typeof part === 'string') {
    return [1, part.length, ...Array.from({ length: part.length }, (_, index) => part.charCodeAt(index))];
  }
  if (typeof part === 'number' && !Number.isSafeInteger(part)) {
    throw new RlvrError(
      'config/invalid',
      `A seed, or a number in a random stream's name, must be a whole number, not ${part}.`,
      { part },
    );
  }
  const value = BigInt(part);
  if (value < 0n || value >= TWO_TO_64) {
    throw new RlvrError(
      'config/invalid',
      `A seed, or a number in a random stream's name, must be from 0 to 2^64 - 1, not ${value}.`,
      {
        part: String(value),
      },
    );
  }
  return [2, 2, Number(value & 0xffffffffn), Number(value >> 32n)];
}

/**
 * The stream that `seed` and `path` name, at its beginning. Different names give independent streams: the name is hashed to 128
 * bits (Philox in the mode of Davies and Meyer), 64 of them the key and 64 the upper half of the counter.
 *
 * @example randomStream(42, 'rollout', step, row)
 */
export function randomStream(seed: number | bigint, ...path: readonly (string | number)[]): RandomStream {
  const words = [seed, ...path].flatMap(wordsOfPart);
  let digest: Counter = [words.length, 0, 0, 0];
  for (let index = 0; index < words.length; index += 2) {
    const block = philox4x32(digest, [words[index] ?? 0, words[index + 1] ?? 0]);
    digest = digest.map((word, place) => (word ^ (block[place] ?? 0)) >>> 0) as unknown as Counter;
  }
  return new RandomStream({ stream: digest, position: 0 });
}

/** The stream that `state()` described, at the same place. `state` may come from a file: anything malformed is a `run/corrupt` error. */
export function restoreRandomStream(state: unknown): RandomStream {
  const { stream, position } = Object(state) as Partial<Record<string, unknown>>;
  const isWord = (word: unknown): boolean => Number.isInteger(word) && Number(word) >= 0 && Number(word) < TWO_TO_32;
  if (
    !Array.isArray(stream) ||
    stream.length !== 4 ||
    !stream.every(isWord) ||
    !Number.isSafeInteger(position) ||
    Number(position) < 0
  ) {
    throw new RlvrError(
      'run/corrupt',
      'A random state must be {"stream": four 32-bit words, "position": a whole number}.',
      { state },
    );
  }
  return new RandomStream({ stream: stream as unknown as Counter, position: Number(position) });
}

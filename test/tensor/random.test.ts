import { describe, expect, it } from 'vitest';
import { RlvrError } from '../../core/errors.ts';
import { philox4x32, randomStream, restoreRandomStream, type Counter, type Key } from '../../core/tensor/random.ts';

function words(text: string): number[] {
  return text.split(' ').map((word) => Number.parseInt(word, 16));
}

describe('philox4x32', () => {
  // "philox4x32 10" in Random123's tests/kat_vectors.
  const vectors: readonly [string, string, string][] = [
    ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ];
  it.each(vectors)('gives the known answer for counter %s and key %s', (counter, key, answer) => {
    const block = philox4x32(words(counter) as unknown as Counter, words(key) as unknown as Key);
    expect([...block]).toEqual(words(answer));
  });
});

describe('randomStream', () => {
  it('is a function of seed and path', () => {
    expect(randomStream(42, 'rollout', 3, 1).uniforms(9)).toEqual(randomStream(42, 'rollout', 3, 1).uniforms(9));
    expect(randomStream(42n, 'rollout').uniforms(9)).toEqual(randomStream(42, 'rollout').uniforms(9));
  });

  it('gives other numbers for every other name', () => {
    const names: (string | number)[][] = [
      [1],
      [2],
      [1, 0],
      [1, 0, 0],
      [1, '0'],
      [1, ''],
      [1, '', ''],
      [1, 'ab'],
      [1, 'a', 'b'],
      [1, 'ba'],
      [1, 2 ** 32],
      [2 ** 32 + 1],
      [1, 1],
      [1, '\u0001'],
    ];
    const firsts = names.map(([seed, ...path]) => randomStream(seed as number, ...path).nextUint32());
    expect(new Set(firsts).size).toBe(names.length);
  });

  it('gives the same values one by one as at once, and restored as in one go', () => {
    const one = randomStream(7, 'a');
    const many = randomStream(7, 'a').uniforms(50);
    const head = Array.from({ length: 17 }, () => one.uniform());
    const saved = JSON.parse(JSON.stringify(one.state())) as unknown;
    const tail = [...one.uniforms(3), ...one.uniforms(30)];
    expect([...head, ...tail]).toEqual([...many]);
    expect([...restoreRandomStream(saved).uniforms(33)]).toEqual(tail);
  });

  it('carries positions beyond 2^32 blocks into the second counter word', () => {
    const { stream } = randomStream(3).state();
    const far = restoreRandomStream({ stream, position: 4 * (2 ** 32 - 1) }).uniforms(8);
    const [key0, key1, upper0, upper1] = stream;
    const expected = [
      ...philox4x32([0xffffffff, 0, upper0, upper1], [key0, key1]),
      ...philox4x32([0, 1, upper0, upper1], [key0, key1]),
    ];
    expect([...far]).toEqual(expected.map((word) => (word >>> 8) / 2 ** 24));
  });

  it('draws uniform values that fill [0, 1) evenly', () => {
    const values = randomStream(11, 'uniform').uniforms(100_000);
    const counts = new Array<number>(100).fill(0);
    for (const value of values) {
      expect(value >= 0 && value < 1).toBe(true);
      const bin = Math.floor(value * 100);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    const chiSquare = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeGreaterThan(60);
    expect(chiSquare).toBeLessThan(149);
  });

  it('draws normal values as Box and Muller compute them', () => {
    const stream = randomStream(5, 'normal');
    const source = randomStream(5, 'normal');
    const values = stream.normals(2001);
    for (let pair = 0; pair < 1000; pair++) {
      const radius = Math.sqrt(-2 * Math.log((source.nextUint32() + 1) / 2 ** 32));
      const size = Math.hypot(values[2 * pair] ?? 0, values[2 * pair + 1] ?? 0);
      const word = source.nextUint32();
      const reflected = (word >>> 30) % 2 === 1 ? 1 - (word & 0x3fffffff) / 2 ** 30 : (word & 0x3fffffff) / 2 ** 30;
      const angle = ((word >>> 30) + reflected - 0.5) * (Math.PI / 2);
      expect(Math.abs(size - radius)).toBeLessThan(2e-6);
      expect(Math.abs((values[2 * pair] ?? 0) - radius * Math.cos(angle))).toBeLessThan(2e-6);
      expect(Math.abs((values[2 * pair + 1] ?? 0) - radius * Math.sin(angle))).toBeLessThan(2e-6);
    }
    expect(stream.state().position).toBe(2002);
  });

  it('draws normal values with the moments and the tail of a normal distribution', () => {
    const count = 400_000;
    const values = randomStream(6, 'moments').normals(count);
    const moment = (power: number): number => values.reduce((sum, value) => sum + value ** power, 0) / count;
    const beyond2 = values.reduce((sum, value) => sum + (Math.abs(value) > 2 ? 1 : 0), 0) / count;
    expect(Math.abs(moment(1))).toBeLessThan(0.006);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.01);
    expect(Math.abs(moment(3))).toBeLessThan(0.02);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.06);
    expect(Math.abs(beyond2 - 0.0455)).toBeLessThan(0.0015);
  });

  it('draws the same bits on every platform', () => {
    expect([...new Uint32Array(randomStream(2026, 'bits').normals(4).buffer)].map((word) => word.toString(16)))
      .toMatchInlineSnapshot(`
      [
        "bf11f71c",
        "3fb56541",
        "3f1f036e",
        "3fd1f88a",
      ]
    `);
  });

  it('draws integers evenly, also for bounds that do not divide 2^32', () => {
    const stream = randomStream(8, 'integer');
    const counts = [0, 0, 0];
    for (let draw = 0; draw < 30_000; draw++) {
      // 3 * 2^30: without rejection the lower third would come up twice as often.
      const third = Math.floor(stream.integer(3 * 2 ** 30) / 2 ** 30);
      counts[third] = (counts[third] ?? 0) + 1;
    }
    for (const count of counts) {
      expect(Math.abs(count - 10_000)).toBeLessThan(400);
    }
    expect(randomStream(1).integer(1)).toBe(0);
    expect(randomStream(1).integer(2 ** 32)).toBe(randomStream(1).nextUint32());
  });

  it('shuffles into each order equally often and leaves its input', () => {
    const stream = randomStream(9, 'shuffle');
    const letters = Object.freeze(['a', 'b', 'c']);
    const counts = new Map<string, number>();
    for (let draw = 0; draw < 6000; draw++) {
      const order = stream.shuffle(letters).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) {
      expect(Math.abs(count - 1000)).toBeLessThan(130);
    }
    expect([...stream.permutation(100)].sort((left, right) => left - right)).toEqual(
      Array.from({ length: 100 }, (_, index) => index),
    );
    expect(stream.permutation(0)).toEqual([]);
  });

  it('refuses seeds, names, bounds and counts that are not whole numbers in range', () => {
    for (const wrong of [
      () => randomStream(-1),
      () => randomStream(0.5),
      () => randomStream(2n ** 64n),
      () => randomStream(1, Number.NaN),
    ]) {
      expect(wrong).toThrow(RlvrError);
    }
    const stream = randomStream(1);
    for (const wrong of [
      () => stream.integer(0),
      () => stream.integer(2 ** 32 + 1),
      () => stream.uniforms(-1),
      () => stream.normals(1.5),
    ]) {
      expect(wrong).toThrow(RlvrError);
    }
  });

  it.each([
    undefined,
    'x',
    {},
    { stream: [1, 2, 3], position: 0 },
    { stream: [1, 2, 3, -1], position: 0 },
    { stream: [1, 2, 3, 4], position: 0.5 },
  ])('refuses the malformed state %j', (state) => {
    expect(() => restoreRandomStream(state)).toThrow(expect.objectContaining({ code: 'run/corrupt' }) as Error);
  });
});

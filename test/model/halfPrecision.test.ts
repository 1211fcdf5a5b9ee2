import { describe, expect, it } from 'vitest';
import { narrowToBfloat16, narrowToFloat16, widenBfloat16, widenFloat16 } from '../../core/model/halfPrecision.ts';

const allBits = Uint16Array.from({ length: 65536 }, (_, i) => i);

/** The value of binary16 bits straight from the definition. */
function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 0x3ff) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15));
}

const formats = [
  { name: 'float16', widen: widenFloat16, narrow: narrowToFloat16, infinity: 0x7c00 },
  { name: 'bfloat16', widen: widenBfloat16, narrow: narrowToBfloat16, infinity: 0x7f80 },
];

describe('half precision', () => {
  it('widens every binary16', () => {
    const wide = widenFloat16(allBits);
    expect(allBits.every((bits) => Object.is(wide[bits], halfValue(bits)))).toBe(true);
  });

  it('widens bfloat16 by appending zeros', () => {
    expect([...widenBfloat16(Uint16Array.of(0x3f80, 0xc049, 0x0001, 0x7f80, 0x8000))]).toEqual([
      1,
      -3.140625,
      2 ** -133,
      Infinity,
      -0,
    ]);
  });

  it.each(formats)('$name: narrowing undoes widening for all bits but those of NaN', ({ widen, narrow, infinity }) => {
    const wide = widen(allBits);
    const back = narrow(wide);
    const wrong = allBits.filter((bits) =>
      (bits & 0x7fff) <= infinity ? back[bits] !== bits : !Number.isNaN(widen(back)[bits]),
    );
    expect(wrong).toHaveLength(0);
  });

  it.each(formats)('$name: rounds to the nearest, ties to even', ({ widen, narrow, infinity }) => {
    const wide = widen(allBits);
    const lower = allBits.subarray(0, infinity - 1);
    const middles = Float32Array.from(lower, (bits) => (wide[bits]! + wide[bits + 1]!) / 2);
    const beside = (sign: number): Float32Array =>
      middles.map((middle) => middle + sign * (middle * 2 ** -22 + 2 ** -149));
    expect(narrow(beside(-1))).toEqual(lower);
    expect(narrow(beside(1))).toEqual(lower.map((bits) => bits + 1));
    expect(narrow(middles)).toEqual(lower.map((bits) => bits + (bits % 2)));
  });

  it('narrows beyond the range to infinities', () => {
    expect([...narrowToFloat16(Float32Array.of(65519.99, 65520, -1e30, Infinity))]).toEqual([
      0x7bff, 0x7c00, 0xfc00, 0x7c00,
    ]);
    expect([...narrowToBfloat16(Float32Array.of(3.4028234663852886e38, -Infinity))]).toEqual([0x7f80, 0xff80]);
  });
});

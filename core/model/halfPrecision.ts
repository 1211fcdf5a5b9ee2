const scratch = new DataView(new ArrayBuffer(4));

function bitsOf(value: number): number {
  scratch.setFloat32(0, value);
  return scratch.getUint32(0);
}

function valueOf(bits: number): number {
  scratch.setUint32(0, bits);
  return scratch.getFloat32(0);
}

/** bfloat16 bits to float32: exact. */
export function widenBfloat16(halves: Uint16Array): Float32Array {
  const wide = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i += 1) wide[i] = (halves[i] ?? 0) << 16;
  return new Float32Array(wide.buffer);
}

/** IEEE 754 binary16 bits to float32: exact. */
export function widenFloat16(halves: Uint16Array): Float32Array {
  const wide = new Float32Array(halves.length);
  const wideBits = new Uint32Array(wide.buffer);
  for (let i = 0; i < halves.length; i += 1) {
    const half = halves[i] ?? 0;
    const sign = (half & 0x8000) << 16;
    const magnitude = half & 0x7fff;
    if (magnitude >= 0x7c00) wideBits[i] = sign | 0x7f800000 | ((magnitude & 0x3ff) << 13);
    else if (magnitude >= 0x400) wideBits[i] = sign | ((magnitude << 13) + (112 << 23));
    else wide[i] = (sign === 0 ? magnitude : -magnitude) * 2 ** -24;
  }
  return wide;
}

/** float32 to bfloat16 bits, to the nearest, ties to even; NaN stays NaN. */
export function narrowToBfloat16(values: Float32Array): Uint16Array {
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i += 1) {
    const wide = bitsOf(values[i] ?? 0);
    const isNaN = (wide & 0x7fffffff) > 0x7f800000;
    halves[i] = isNaN ? (wide >>> 16) | 0x40 : (wide + 0x7fff + ((wide >>> 16) & 1)) >>> 16;
  }
  return halves;
}

/** float32 to IEEE 754 binary16 bits, to the nearest, ties to even; beyond the range it is an infinity, NaN stays NaN. */
export function narrowToFloat16(values: Float32Array): Uint16Array {
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i += 1) {
    const wide = bitsOf(values[i] ?? 0);
    halves[i] = ((wide >>> 16) & 0x8000) | halfMagnitude(wide & 0x7fffffff);
  }
  return halves;
}

function halfMagnitude(wide: number): number {
  if (wide > 0x7f800000) return 0x7e00;
  // 65520 is halfway between the largest half and the next power of two.
  if (wide >= 0x477ff000) return 0x7c00;
  if (wide >= 0x38800000) {
    const rebased = wide - (112 << 23);
    return (rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13;
  }
  // Adding 0.5 lets float32 addition itself round to multiples of 2^-24, the spacing of subnormal halves.
  return bitsOf(valueOf(wide) + 0.5) - 0x3f000000;
}

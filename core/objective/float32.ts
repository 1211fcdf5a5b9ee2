/** The largest finite float32: a bound that bounds nothing, where an op asks for two. */
export const LARGEST_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

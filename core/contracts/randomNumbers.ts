/** A seeded source of random numbers that a plugin is handed; what it gives depends on its name and on how much was drawn before. */
export interface RandomNumbers {
  /** An integer in [0, 2^32). */
  nextUint32(): number;
  /** A multiple of 2^-24 in [0, 1), exact in float32. */
  uniform(): number;
  /** `count` values as `uniform` gives them. */
  uniforms(count: number): Float32Array;
  /** `count` standard normal values, the same bits on every platform. */
  normals(count: number): Float32Array;
  /** An integer in [0, bound), each equally likely, for bound in 1 ... 2^32. */
  integer(bound: number): number;
  /** The values in random order, each order equally likely; `values` stays as it is. */
  shuffle<T>(values: readonly T[]): T[];
  /** The integers 0 ... count - 1 in random order. */
  permutation(count: number): number[];
}

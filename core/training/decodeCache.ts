/** Keys and values of the rows being decoded, per block, row-major [rows, heads, slots, headDim]. */
export interface DecodeCache {
  readonly rows: number;
  readonly heads: number;
  readonly slots: number;
  readonly headDim: number;
  /** `keys.N` and `values.N`. */
  readonly tensors: Readonly<Record<string, Float32Array>>;
  /** 0 or a large negative number per slot, [rows, slots]: what each row may attend to. */
  readonly bias: Float32Array;
}

/** Hides a slot from attention. */
const hiddenSlot = -1e9;

/** The cache that prefill gave for each prompt, one row for each entry of `promptOf`. */
export function expandPrompts(
  prefilled: Readonly<Record<string, Float32Array>>,
  promptLengths: readonly number[],
  promptOf: readonly number[],
  shape: { readonly heads: number; readonly slots: number; readonly headDim: number },
): DecodeCache {
  const { heads, slots, headDim } = shape;
  const size = heads * slots * headDim;
  const tensors = mapValues(prefilled, (source) => {
    const target = new Float32Array(promptOf.length * size);
    promptOf.forEach((prompt, row) => {
      target.set(source.subarray(prompt * size, (prompt + 1) * size), row * size);
    });
    return target;
  });
  const bias = new Float32Array(promptOf.length * slots);
  promptOf.forEach((prompt, row) => {
    bias.fill(hiddenSlot, row * slots + (promptLengths[prompt] ?? 0), (row + 1) * slots);
  });
  return { rows: promptOf.length, ...shape, tensors, bias };
}

/** The cache of the rows that go on, with `added` slots of what a chunk has decoded behind the ones there were. */
export function extendCache(
  cache: DecodeCache,
  recent: Readonly<Record<string, Float32Array>>,
  added: number,
  keep: readonly number[],
): DecodeCache {
  const { heads, headDim, slots } = cache;
  const total = slots + added;
  const [oldRun, newRun] = [slots * headDim, added * headDim];
  const tensors = mapValues(cache.tensors, (old, name) => {
    const fresh = recent[name] ?? new Float32Array();
    const target = new Float32Array(keep.length * heads * total * headDim);
    let at = 0;
    for (const row of keep) {
      for (let head = row * heads; head < (row + 1) * heads; head++) {
        target.set(old.subarray(head * oldRun, (head + 1) * oldRun), at);
        target.set(fresh.subarray(head * newRun, (head + 1) * newRun), at + oldRun);
        at += oldRun + newRun;
      }
    }
    return target;
  });
  const bias = new Float32Array(keep.length * total);
  keep.forEach((row, i) => {
    bias.set(cache.bias.subarray(row * slots, (row + 1) * slots), i * total);
  });
  return { ...cache, rows: keep.length, slots: total, tensors, bias };
}

/** Rows of a row-major array, in any order and number. */
export function selectRows(source: Float32Array, width: number, keep: readonly number[]): Float32Array {
  const target = new Float32Array(keep.length * width);
  keep.forEach((row, i) => {
    target.set(source.subarray(row * width, (row + 1) * width), i * width);
  });
  return target;
}

function mapValues(
  tensors: Readonly<Record<string, Float32Array>>,
  map: (values: Float32Array, name: string) => Float32Array,
): Readonly<Record<string, Float32Array>> {
  return Object.fromEntries(Object.entries(tensors).map(([name, values]) => [name, map(values, name)]));
}

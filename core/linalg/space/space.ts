import { RlvrError } from '../../errors.ts';
import { kernelsOn, MOST_PAGES, type Kernels } from '../kernels/kernels.ts';
import { ALIGNMENT } from '../kernels/vectorKernels.ts';
import type { Block } from './block.ts';

const BYTES = 8;
const PAGE = 65536 / BYTES;
/** Lines whose distance is a multiple of this many doubles would meet in the same places of a cache. */
const CACHE_WAY = 512;
/** Places are multiples of it: a cache line. */
const ALLOCATION_UNIT = 8;

/** Doubles that a thread has for what it packs. */
const SCRATCH = 96 * 256 + 256 * 512 + 64;
/** Doubles at the start that threads talk through. */
export const CONTROL = 512;

/** `count`, or a little more: a multiple of `ALIGNMENT`. */
export function aligned(count: number): number {
  return Math.ceil(count / ALIGNMENT) * ALIGNMENT;
}

/** From line to line of lines with `length` entries. */
export function lineStride(length: number): number {
  const least = aligned(length);
  return least % CACHE_WAY === 0 ? least + 2 * ALIGNMENT : least;
}

/** Memory that the kernels, and every thread of a decomposition, work in. */
export interface Space {
  readonly memory: WebAssembly.Memory;
  readonly kernels: Kernels;
  /** All of the memory. */
  readonly values: Float64Array<SharedArrayBuffer>;
  /** Where this thread's scratch begins. */
  readonly scratch: number;
}

function pagesFor(doubles: number, threads: number): number {
  const pages = Math.ceil((CONTROL + threads * SCRATCH + doubles) / PAGE);
  if (pages <= MOST_PAGES) return pages;
  const gigabytes = ((doubles * BYTES) / 2 ** 30).toFixed(1);
  const problem = `The matrix is too large: its decomposition needs ${gigabytes} GiB, and 4 GiB is what there can be.`;
  throw new RlvrError('config/invalid', problem, { gigabytes });
}

/** Memory for `doubles` of data beside what `threads` threads need for themselves. */
export function createMemory(doubles: number, threads: number): WebAssembly.Memory {
  const initial = pagesFor(doubles, threads);
  return new WebAssembly.Memory({ initial, maximum: MOST_PAGES, shared: true });
}

/** Enlarges a memory for so much data; false where it is large enough. */
export function growMemory(memory: WebAssembly.Memory, doubles: number, threads: number): boolean {
  const missing = pagesFor(doubles, threads) - memory.buffer.byteLength / BYTES / PAGE;
  if (missing > 0) memory.grow(missing);
  return missing > 0;
}

/** What thread `thread` sees of a memory. */
export function spaceOf(memory: WebAssembly.Memory, thread: number): Space {
  const values = new Float64Array(memory.buffer);
  return { memory, kernels: kernelsOn(memory), values, scratch: CONTROL + thread * SCRATCH };
}

/** Gives out places for data in a memory, one after the other. */
export class Allocator {
  private next: number;
  private readonly end: number;

  constructor(memory: WebAssembly.Memory, threads: number) {
    this.next = CONTROL + threads * SCRATCH;
    this.end = memory.buffer.byteLength / BYTES;
  }

  /** Room for `count` doubles. */
  numbers(count: number): number {
    const at = this.next;
    this.next += Math.ceil(count / ALLOCATION_UNIT) * ALLOCATION_UNIT;
    if (this.next > this.end)
      throw new RangeError(`The memory of a decomposition holds ${this.end} doubles, not ${this.next}.`);
    return at;
  }

  /** Room for lines: rows that begin at multiples of `ALIGNMENT` and have as many entries behind them as to the next one. */
  lines(rows: number, columns: number): Block {
    const rowStride = lineStride(columns);
    return { at: this.numbers(rows * rowStride), rows, columns, rowStride, columnStride: 1 };
  }

  /** What is given out so far. */
  get used(): number {
    return this.next;
  }

  /** Takes back what was given out since `used` was this. */
  release(used: number): void {
    this.next = used;
  }
}

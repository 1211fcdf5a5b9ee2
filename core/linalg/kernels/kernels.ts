import { assembleModule } from './assembler.ts';
import { gemmKernels } from './gemmKernels.ts';
import { vectorKernels } from './vectorKernels.ts';

/** All that 32-bit addresses reach, in pages of 64 KiB. */
export const MOST_PAGES = 65536;

/** The inner loops, on addresses in bytes: see `gemmKernels` and `vectorKernels`. */
export interface Kernels {
  packStrips(target: number, end: number, source: number, along: number, across: number): void;
  packRows(target: number, end: number, source: number, along: number): void;
  tiles(
    target: number,
    stride: number,
    left: number,
    leftEnd: number,
    right: number,
    strip: number,
    factor: number,
  ): void;
  dot(target: number, vector: number, end: number, line: number, stride: number): void;
  dots4(target: number, vector: number, end: number, line: number, stride: number): void;
  combine1(target: number, end: number, coefficients: number, factor: number, line: number, stride: number): void;
  combine4(target: number, end: number, coefficients: number, factor: number, line: number, stride: number): void;
}

let compiled: WebAssembly.Module | undefined;

/** The kernels on a memory, which is shared and may have up to `MOST_PAGES` pages. Compiled once, in about a millisecond. */
export function kernelsOn(memory: WebAssembly.Memory): Kernels {
  compiled ??= new WebAssembly.Module(assembleModule([...gemmKernels, ...vectorKernels], MOST_PAGES));
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return exports as unknown as Kernels;
}

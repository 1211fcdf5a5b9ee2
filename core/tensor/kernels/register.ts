import { registerElementwiseKernels } from './elementwise.ts';
import { registerIndexingKernels } from './indexing.ts';
import { registerMatMulKernels } from './matmul.ts';
import { registerReductionKernels } from './reductions.ts';
import { registerShapeKernels } from './shapes.ts';

let registered = false;

/** Registers every kernel of the tracing backend, once. */
export function registerTraceKernels(): void {
  if (registered) return;
  registered = true;
  registerElementwiseKernels();
  registerReductionKernels();
  registerShapeKernels();
  registerMatMulKernels();
  registerIndexingKernels();
}

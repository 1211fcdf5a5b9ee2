import { registerKernel, type TensorInfo } from '@tensorflow/tfjs-core';
import { RlvrError } from '../../errors.ts';
import type { GraphBuilder, Value } from '../graphBuilder.ts';
import { traceBackend, traceBackendName } from '../traceBackend.ts';

/** What a kernel records with. */
export interface KernelContext {
  readonly builder: GraphBuilder;
  /** A named input. */
  input(name: string): Value;
  /** Inputs in the order of their keys (ops that take a list). */
  readonly inputs: readonly Value[];
  /** The op's attributes as tfjs passed them; each kernel knows their types. */
  attribute(name: string): unknown;
}

/** Registers a kernel that records nodes. */
export function defineKernel(kernelName: string, record: (context: KernelContext) => Value | readonly Value[]): void {
  registerKernel({
    kernelName,
    backendName: traceBackendName,
    kernelFunc: ({ inputs, attrs }) => {
      const backend = traceBackend();
      const context: KernelContext = {
        builder: backend.builder,
        inputs: Object.values(inputs)
          .flat()
          .map((info) => backend.graphValue(info as TensorInfo)),
        input: (name) => {
          const info = inputs[name];
          if (info === undefined) throw new RlvrError('tensor/trace', `${kernelName} misses its input "${name}".`);
          return backend.graphValue(info);
        },
        attribute: (name) => attrs?.[name],
      };
      const result = record(context);
      return Array.isArray(result)
        ? (result as Value[]).map((value) => backend.infoOf(value))
        : backend.infoOf(result as Value);
    },
  });
}

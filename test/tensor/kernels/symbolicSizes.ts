import type { InputSpec } from '../../../core/tensor/trace.ts';
import type { CaseInput } from './kernelCase.ts';

/** How an input is declared; with `symbolic`, equal sizes have the same name, and 1 stays a number because it broadcasts. */
export function specOf({ shape, dtype }: CaseInput, symbolic: boolean): InputSpec {
  return { shape: shape.map((size) => (symbolic && size !== 1 ? `size${size}` : size)), dtype };
}

/** The sizes behind the names of `specOf`. */
export function sizesOf(inputs: readonly CaseInput[]): Record<string, number> {
  return Object.fromEntries(inputs.flatMap(({ shape }) => shape.map((size) => [`size${size}`, size])));
}

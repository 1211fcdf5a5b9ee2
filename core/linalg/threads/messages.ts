import type { Decomposition, DecompositionRequest } from '../space/decompose.ts';

/** A piece of work for a thread, in a memory that all of them share. */
export type Job =
  | { readonly kind: 'help'; readonly memory: WebAssembly.Memory; readonly thread: number }
  | {
      readonly kind: 'lead';
      readonly memory: WebAssembly.Memory;
      readonly threads: number;
      /** Where free room begins. */
      readonly used: number;
      readonly request: DecompositionRequest;
    };

/** What a thread says of its job. The last one but `progress` ends it. */
export type Report =
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'helped' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly message: string; readonly isNotFinite: boolean }
  | { readonly kind: 'found'; readonly decomposition: Decomposition };

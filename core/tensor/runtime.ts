import type * as ort from 'onnxruntime-node';
import { RlvrError, messageOf } from '../errors.ts';

/** How ONNX Runtime is used by this process. */
export interface RuntimeOptions {
  /** Threads inside an op; 0: one per core. */
  readonly threads: number;
  /** Sessions write what each of their nodes took to a file that starts with this path, when they are released. */
  readonly profile?: string;
}

let options: RuntimeOptions = { threads: 0 };
let loaded: Promise<typeof ort> | undefined;

/** Sets options for sessions created from now on. */
export function configureRuntime(next: RuntimeOptions): void {
  options = next;
}

/** Loads ONNX Runtime once. Throws `engine/unavailable` with the reason when its native library does not load. */
export function loadRuntime(): Promise<typeof ort> {
  loaded ??= import('onnxruntime-node').catch((error: unknown) => {
    throw new RlvrError(
      'engine/unavailable',
      `ONNX Runtime does not load on this machine (${process.platform}-${process.arch}): ${messageOf(error)}`,
      { platform: process.platform, arch: process.arch },
      { cause: error },
    );
  });
  return loaded;
}

/** Creates a session for an encoded model. `optimise` false: the graph is run node by node as it is. */
export async function createSession(
  model: Uint8Array,
  { optimise = true }: { readonly optimise?: boolean } = {},
): Promise<ort.InferenceSession> {
  const { InferenceSession } = await loadRuntime();
  try {
    return await InferenceSession.create(model, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: optimise ? 'all' : 'disabled',
      intraOpNumThreads: options.threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 3,
      // Shapes change from call to call, and a plan of the memory for each of them would be kept for good.
      enableMemPattern: false,
      ...(options.profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: options.profile }),
    });
  } catch (error) {
    throw new RlvrError(
      'tensor/run',
      `ONNX Runtime refuses the traced graph: ${messageOf(error)}`,
      {},
      { cause: error },
    );
  }
}

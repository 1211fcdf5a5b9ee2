import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { RlvrError } from '../errors.ts';
import type { RunEnvironment } from './runRecord.ts';

/** What the caller knows better than this module: the versions of what it has loaded. */
export interface LoadedVersions {
  readonly package: string;
  readonly onnxruntime: string;
  readonly tfjs: string;
  /** The program file that trains. */
  readonly programFile: string;
  /** As the experiment says it; 0: one per core. */
  readonly threads: number;
}

/** Flags of the processor on which numeric libraries choose their kernels. */
const numericFeature = /^(sse|ssse|avx|fma|f16c|bmi|amx|neon|asimd|fphp|sve|bf16|i8mm)/;

/** Everything here and now that the bits of a run may depend on. */
export function describeEnvironment(loaded: LoadedVersions): RunEnvironment {
  const { model, features } = processor();
  return {
    package: loaded.package,
    code: createHash('sha256').update(readFileSync(loaded.programFile)).digest('hex'),
    node: process.versions.node,
    onnxruntime: loaded.onnxruntime,
    tfjs: loaded.tfjs,
    platform: `${process.platform}-${process.arch}`,
    cpu: model,
    cpuFeatures: features,
    threads: effectiveThreads(loaded.threads),
  };
}

/** Threads that a setting of the experiment means: 0 is one per core. */
export function effectiveThreads(setting: number): number {
  return setting === 0 ? os.availableParallelism() : setting;
}

/** Throws `run/environment-changed`, listing what is different, where a run cannot go on bit for bit. */
export function checkSameEnvironment(before: RunEnvironment, now: RunEnvironment): void {
  const differences = (Object.keys(before) as (keyof RunEnvironment)[]).flatMap((key) => {
    const [old, current] = [String(before[key]), String(now[key])];
    return old === current ? [] : [{ what: key, before: old, now: current }];
  });
  if (differences.length === 0) return;
  const list = differences.map((item) => `${names[item.what]}: was ${shorten(item.before)}, is ${shorten(item.now)}`);
  throw new RlvrError(
    'run/environment-changed',
    `The run cannot go on bit for bit, because this is not what it started on. ${list.join('; ')}.`,
    { differences },
  );
}

const names: Readonly<Record<keyof RunEnvironment, string>> = {
  package: 'rlvr-lab',
  code: 'program file',
  node: 'Node',
  onnxruntime: 'ONNX Runtime',
  tfjs: 'TensorFlow.js',
  platform: 'platform',
  cpu: 'processor',
  cpuFeatures: 'processor features',
  threads: 'threads',
};

function processor(): { model: string; features: string[] } {
  const model = os.cpus()[0]?.model.trim() ?? 'unknown';
  let text: string;
  try {
    text = readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return { model, features: [] };
  }
  const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(text)?.[1]?.split(/\s+/) ?? [];
  return { model, features: flags.filter((flag) => numericFeature.test(flag)).sort() };
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

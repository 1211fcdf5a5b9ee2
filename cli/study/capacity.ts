import { readFileSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openWeightFiles } from '../../core/model/weightFiles.ts';
import type { StudyDefinition } from '../../core/study/studySchema.ts';

/** How many trials this machine takes at once. */
export interface Capacity {
  /** Most trials at once, as far as cores and the study say. */
  readonly slots: number;
  /** Bytes that trials may take in all. */
  readonly memory: number;
}

/** Memory of a process that trains next to nothing. */
const processBytes = 3e8;
/** Before anything was measured: weights, merged weights, gradients, moments and what is computed between. */
const copiesOfWeights = 12;
/** Of the memory that is free: the rest is for what else goes on. */
const usableShare = 0.85;

/** What this machine has for a study. */
export function capacityOf({ threads, parallel, memory_gb: memory }: StudyDefinition): Capacity {
  const slots = parallel ?? Math.max(1, Math.floor(os.availableParallelism() / threads));
  return { slots, memory: memory === undefined ? freeMemory() * usableShare : memory * 2 ** 30 };
}

/** Bytes that a trial on a model may take before any has been measured. */
export function estimatedBytes(modelFolder: string): number {
  const { paths, close } = openWeightFiles(modelFolder);
  close();
  return processBytes + copiesOfWeights * paths.reduce((sum, file) => sum + statSync(path.resolve(file)).size, 0);
}

/** Memory that can be had without swapping, in bytes. */
function freeMemory(): number {
  try {
    const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
    if (kibibytes !== undefined) return Number(kibibytes) * 1024;
  } catch {
    // Another system than Linux.
  }
  return os.freemem();
}

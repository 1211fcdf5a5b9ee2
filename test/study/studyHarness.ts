import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isMachineMetric } from '../../core/metricNames.ts';
import { lockHolder } from '../../core/runs/lock.ts';
import { readResults } from '../../core/study/studyStore.ts';
import type { StudyResults } from '../../core/study/studyResults.ts';
import { writeTinyExperiment } from '../runs/tinyExperiment.ts';

/** Settings of a study of the tiny random model: a base, four tuning trials and four reported ones. */
const settings = {
  name: 'tiny',
  experiment: 'tiny.rlvr.yaml',
  targets: ['q_proj', 'v_proj'],
  methods: [
    { name: 'lora', adapter: { type: 'lora', r: 2 } },
    { name: 'dora', adapter: { type: 'dora', r: 2 } },
  ],
  seeds: 2,
  tuning: { learning_rates: [0.01, 0.1], steps: [2], extend: 0 },
};

/** Writes a tiny model and `tiny.study.yaml`, with `changes` to its settings. The first reward, which judges, is right now and then. */
export function writeTinyStudy(folder: string, changes: Readonly<Record<string, unknown>> = {}): void {
  writeTinyExperiment(folder, {
    rewards: [{ type: 'repetition_penalty', ngram_size: 1, max_penalty: -1 }, { type: 'exact_answer' }],
    training: { steps: 4, checkpoint_every: 2 },
    evaluation: { problems: 8, samples: 2 },
  });
  writeFileSync(path.join(folder, 'tiny.study.yaml'), JSON.stringify({ ...settings, ...changes }));
}

/** The results of a folder's study. */
export function resultsIn(folder: string): StudyResults {
  const results = readResults(path.join(folder, '.rlvr', 'studies', 'tiny', 'results.json'));
  if (results === undefined) throw new Error(`there are no results in ${folder}`);
  return results;
}

/** Results without what depends on the clock, the machine, or the names of runs. */
export function lasting(results: StudyResults): unknown {
  const machine = new Set(['seconds', 'run', 'peakMemoryBytes']);
  return JSON.parse(
    JSON.stringify(results, (key, value: unknown) => (machine.has(key) || isMachineMetric(key) ? undefined : value)),
  );
}

/** Ends at once every process that works on a run in a folder, as a crash of the machine would. */
export function killWorkers(folder: string): void {
  const runs = path.join(folder, '.rlvr', 'runs');
  if (!existsSync(runs)) return;
  for (const name of readdirSync(runs)) {
    const holder = lockHolder(path.join(runs, name));
    if (holder === undefined) continue;
    try {
      process.kill(holder.pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }
}

/** How many trials of a study have ended, and how many steps its runs have made: how far it is. */
export function progressIn(folder: string): number {
  const runs = path.join(folder, '.rlvr', 'runs');
  if (!existsSync(runs)) return 0;
  const lines = readdirSync(runs).map((name) => {
    const file = path.join(runs, name, 'metrics.jsonl');
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
  });
  return lines.reduce((sum, count) => sum + count, 0);
}

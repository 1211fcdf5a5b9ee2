import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createCatalog } from '../../core/container.ts';
import { parseExperiment } from '../../core/experiment/parse.ts';
import { resolveExperiment } from '../../core/experiment/resolve.ts';
import { isMachineMetric } from '../../core/metricNames.ts';
import { readMetrics } from '../../core/runs/metrics.ts';
import { readRun } from '../../core/runs/runJson.ts';
import type { RunRecord } from '../../core/runs/runRecord.ts';
import { createRun } from '../../core/runs/runStore.ts';
import { prepareRun } from '../../plugins/engines/embedded/prepare.ts';
import { plugins } from '../../plugins/index.ts';
import { writeTinyExperiment } from '../runs/tinyExperiment.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'rlvr-reproduce-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const catalog = createCatalog(plugins);
const runs = path.join(root, 'runs');

/** Carries out a run of this experiment from its beginning; returns its folder. */
async function carryOut({ experiment, source }: Pick<RunRecord, 'experiment' | 'source'>): Promise<string> {
  const { folder } = createRun(runs, { experiment, source });
  const engine = catalog.find('engine', experiment.engine.type);
  const signal = new AbortController().signal;
  const outcome = await engine.run({}, { runFolder: folder, signal, onDidReport: () => undefined });
  expect(outcome).toBe('finished');
  return folder;
}

function result(folder: string): unknown {
  const lines = readMetrics(folder).map(({ step, metrics }) => [
    step,
    Object.entries(metrics).filter(([name]) => !isMachineMetric(name)),
  ]);
  const { steps } = readRun(folder);
  const state = readFileSync(path.join(folder, 'checkpoints', `step-${steps}`, 'state.safetensors'));
  return { lines, state: createHash('sha256').update(state).digest('hex') };
}

describe('a run folder', () => {
  it('is enough to make the run again, to the last bit', async () => {
    mkdirSync(path.join(root, 'experiment'));
    const file = writeTinyExperiment(path.join(root, 'experiment'), { training: { steps: 3, checkpoint_every: 2 } });
    const { experiment } = resolveExperiment(parseExperiment(readFileSync(file, 'utf8'), file, []), catalog);
    const first = await carryOut({ experiment, source: { file, folder: path.dirname(file) } });
    // Nothing of the experiment's file is needed: what was resolved lies in the run.
    rmSync(file);
    const record = readRun(first);
    const again = await carryOut(record);
    expect(result(again)).toEqual(result(first));
    const told = ({ seeds, plugins: used, hashes, environment, trainableParameters }: RunRecord): unknown => ({
      seeds,
      used,
      hashes,
      environment,
      trainableParameters,
    });
    expect(told(readRun(again))).toEqual(told(record));
    expect(record.checks.map(({ name, passed }) => [name, passed])).toEqual([
      ['identity-at-start', true],
      ['declared-tensors-trained', true],
      ['sampler-is-trainer', true],
    ]);
    expect(Object.keys(record.hashes).sort()).toEqual(['data.evaluate', 'data.select', 'data.train', 'model']);
    expect(record.environment).toMatchObject({ node: process.versions.node });
    const kinds = ['adapter', 'dataset', 'objective', 'optimizer', 'reward'];
    expect(record.plugins.map(({ kind }) => kind)).toEqual(expect.arrayContaining(kinds));
    for (const { hash } of record.plugins) expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('accuracy', () => {
  it('is measured by the verifier that trains, whatever stands before it among the rewards', async () => {
    const folder = path.join(root, 'verifier');
    mkdirSync(folder);
    const file = writeTinyExperiment(folder);
    const { experiment } = resolveExperiment(parseExperiment(readFileSync(file, 'utf8'), file, []), catalog);
    const { options } = await prepareRun(experiment, folder, catalog);
    const names = options.generation.rewards.map(({ name }) => name);
    expect(names).toEqual(['repetition_penalty', 'exact_answer']);
    expect(options.evaluation.report[0]!.reward).toBe(options.generation.rewards[1]!.score);
  });
});

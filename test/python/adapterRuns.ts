import path from 'node:path';
import { exportCommand } from '../../cli/commands/export.ts';
import { importCommand } from '../../cli/commands/import.ts';
import { createCatalog } from '../../core/container.ts';
import type { Adapter, LayerCalibration } from '../../core/contracts/adapter.ts';
import { parseExperiment } from '../../core/experiment/parse.ts';
import { chosenPlugin } from '../../core/experiment/pluginChoices.ts';
import { resolveExperiment } from '../../core/experiment/resolve.ts';
import type { Experiment } from '../../core/experiment/schema.ts';
import { loadCheckpoint } from '../../core/model/checkpoint.ts';
import { createRun } from '../../core/runs/runStore.ts';
import { randomStream } from '../../core/tensor/random.ts';
import { adapterTargets } from '../../core/training/adapterTargets.ts';
import type { Policy } from '../../core/training/policy.ts';
import { createPolicy } from '../../core/training/policy.ts';
import { writeTrainingState } from '../../core/training/trainingState.ts';
import { plugins } from '../../plugins/index.ts';
import { perform } from '../cli/perform.ts';
import type { SequenceLogits } from './logits.ts';
import { runLogits } from './logits.ts';

const catalog = createCatalog(plugins);

/** Cases that are not exactly LoRA, but for so high a rank that nothing is lacking. */
const atFullRank = ['dora', 'loftq'];

/** A method with one of its example configurations. */
interface MethodCase {
  /** `lora`, `lora-2`, ... */
  readonly name: string;
  readonly adapter: Adapter;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Every method with its first examples that start at the base, if it has such; of presets, which share an adapter, with one. */
export function methodCases(): readonly MethodCase[] {
  const presets = new Set(plugins.presets.map(({ id }) => id));
  return catalog.all('adapter').flatMap((adapter) => {
    const { examples = [{}] } = adapter;
    const atBase = examples.filter((config) => adapter.isIdentityAtStart(adapter.config.parse(config)));
    return (atBase.length === 0 ? examples.slice(0, 1) : atBase)
      .slice(0, presets.has(adapter.id) ? 1 : 3)
      .map((config, i) => ({ name: `${adapter.id}${i === 0 ? '' : `-${i + 1}`}`, adapter, config }));
  });
}

/** What became of a method: where its exports lie, by format; of those that it has no form for, why. */
export interface ExportedMethod {
  readonly name: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly refusals: Readonly<Record<string, string>>;
  readonly logits: readonly SequenceLogits[];
}

/** Makes a run of each method, away from its start, in `folder`, exports it, and computes its own logits. */
export async function exportMethods(
  folder: string,
  model: string,
  sequences: readonly (readonly number[])[],
): Promise<readonly ExportedMethod[]> {
  const results: ExportedMethod[] = [];
  for (const method of methodCases()) {
    const run = await perturbedRun(path.join(folder, '.rlvr', 'runs'), model, method);
    const exports: Record<string, string> = {};
    const refusals: Record<string, string> = {};
    const exportAs = async (format: string, options: Parameters<typeof exportCommand>[2]): Promise<void> => {
      const out = path.join(folder, `${method.name}.${format}`);
      const done = await perform({ cwd: folder, json: true }, (context) =>
        exportCommand(context, run.id, { ...options, out }),
      );
      if (done.code === 0) exports[format] = out;
      else refusals[format] = done.out;
    };
    await exportAs('peft', { format: 'peft' });
    await exportAs('gguf', { format: 'gguf-lora' });
    if (atFullRank.includes(method.name)) await exportAs('full-rank', { format: 'peft', rank: 1000 });
    results.push({ name: method.name, exports, refusals, logits: await runLogits(run.folder, sequences) });
  }
  return results;
}

/** Imports each adapter folder and computes the logits of the runs that they become. */
export async function importAdapters(
  folder: string,
  model: string,
  adapters: readonly string[],
  sequences: readonly (readonly number[])[],
): Promise<readonly (readonly SequenceLogits[])[]> {
  const results: (readonly SequenceLogits[])[] = [];
  for (const adapter of adapters) {
    const done = await perform({ cwd: folder, json: true }, (context) =>
      importCommand(context, adapter, { base: model }),
    );
    if (done.code !== 0) throw new Error(`${adapter}: ${done.out}${done.err}`);
    results.push(await runLogits((JSON.parse(done.out) as { folder: string }).folder, sequences));
  }
  return results;
}

async function perturbedRun(
  runsFolder: string,
  model: string,
  { name, adapter, config }: MethodCase,
): Promise<{ id: string; folder: string }> {
  const experiment = experimentOf(name, model, adapter, config);
  const checkpoint = await loadCheckpoint(model);
  const { config: resolved } = chosenPlugin(catalog, 'adapter', experiment.adapter);
  const policy = createPolicy(checkpoint, adapter, resolved, 1, calibrationOf(adapter, resolved, checkpoint.config));
  const parameters = new Map(policy.parameters.map((spec) => [spec.name, perturbed(spec)]));
  return createRun(runsFolder, {
    experiment,
    source: { file: 'none', folder: model },
    start: {
      from: 'a test',
      isImport: true,
      write: (target) => {
        writeTrainingState(target, { step: 0, parameters, slots: new Map(), objective: {} }, policy);
      },
    },
  });
}

function perturbed({ name, trainable, values }: Policy['parameters'][number]): Float32Array {
  if (!trainable) return values;
  const noise = randomStream(3, name).normals(values.length);
  return values.map((value, i) => value + 0.02 * (noise[i] ?? 0));
}

function experimentOf(name: string, model: string, adapter: Adapter, config: object): Experiment {
  const written = {
    name,
    model: { path: model },
    data: { train: { type: 'arithmetic' } },
    adapter: { type: adapter.id, ...config },
    rewards: [{ type: 'exact_answer' }],
  };
  return resolveExperiment(parseExperiment(JSON.stringify(written), name), catalog).experiment;
}

/** Random data in place of what the base computes, of the right shapes. */
function calibrationOf(
  adapter: Adapter,
  config: unknown,
  model: Parameters<typeof adapterTargets>[2],
): ReadonlyMap<string, LayerCalibration> | undefined {
  const request = adapter.calibration?.(config);
  if (request === undefined) return undefined;
  return new Map(
    adapterTargets(adapter, config, model).map(({ name, shape: [out = 0, inputs = 0] }) => {
      const rows = request.kind === 'activations' ? 4 * inputs : out;
      return [name, { kind: request.kind, values: randomStream(5, name).normals(rows * inputs) }];
    }),
  );
}

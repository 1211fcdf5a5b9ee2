import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countCommand } from '../../cli/commands/count.ts';
import { exportCommand } from '../../cli/commands/export.ts';
import type { ExportOptions } from '../../cli/commands/export.ts';
import { importCommand } from '../../cli/commands/import.ts';
import { mergeCommand } from '../../cli/commands/merge.ts';
import { resumeCommand } from '../../cli/commands/resume.ts';
import { runsCommand } from '../../cli/commands/runs.ts';
import { showCommand } from '../../cli/commands/show.ts';
import { loadCheckpoint } from '../../core/model/checkpoint.ts';
import { openSafetensors } from '../../core/model/safetensors.ts';
import { writeSafetensors, type SafetensorsTensor } from '../../core/model/writeSafetensors.ts';
import { readRun } from '../../core/runs/runJson.ts';
import { writeRandomModel } from '../../samples/recipe/randomModel.ts';
import { perform } from './perform.ts';
import type { Performed } from './perform.ts';
import { trainTinyRun } from './trainedRun.ts';
import type { TrainedFolder } from './trainedRun.ts';

let trained: TrainedFolder;
beforeAll(async () => {
  trained = await trainTinyRun({ training: { steps: 2 }, evaluation: { before: false, problems: 4 } });
});
afterAll(() => {
  trained.remove();
});

const exportRun = (options: ExportOptions, json = false): Promise<Performed> =>
  perform({ cwd: trained.cwd, json }, (context) => exportCommand(context, trained.run.id, options));
const importFolder = (folder: string, base = 'model', json = false): Promise<Performed> =>
  perform({ cwd: trained.cwd, json }, (context) => importCommand(context, folder, { base }));
const place = (name: string): string => path.join(trained.cwd, name);

describe('rlvr export', () => {
  it('writes an adapter of PEFT’s that is the checkpoint’s own', async () => {
    const { code, out } = await exportRun({ format: 'peft', out: 'adapter' });
    expect(code).toBe(0);
    expect(out).toContain(`Exported run ${trained.run.id} at step 2 to adapter: an adapter of PEFT’s (LORA)`);
    const own = path.join(trained.run.folder, 'checkpoints', 'step-2');
    for (const file of ['adapter_config.json', 'adapter_model.safetensors']) {
      expect(readFileSync(path.join(place('adapter'), file))).toEqual(readFileSync(path.join(own, file)));
    }
  });

  it('replaces what an earlier export wrote where that is wanted, and nothing else', async () => {
    await exportRun({ format: 'peft', out: 'twice' });
    const refused = await exportRun({ format: 'peft', out: 'twice' });
    expect([refused.code, refused.err]).toEqual([
      2,
      expect.stringContaining('twice exists already. It is an adapter folder: --force replaces it.') as unknown,
    ]);
    expect((await exportRun({ format: 'peft', out: 'twice', force: true })).code).toBe(0);
    mkdirSync(place('mine'));
    writeFileSync(path.join(place('mine'), 'work.txt'), 'mine');
    for (const format of ['peft', 'hf', 'tfevents', 'gguf-lora'] as const) {
      const { code, err } = await exportRun({ format, out: 'mine', force: true });
      expect([format, code, err]).toEqual([format, 2, expect.stringContaining('mine exists already.') as unknown]);
    }
    expect(readdirSync(place('mine'))).toEqual(['work.txt']);
  });

  it('tells the error of a rank that is too small, and of one that is not', async () => {
    const at = async (rank: number): Promise<Record<string, unknown>> => {
      const { out } = await exportRun({ format: 'peft', out: `rank-${rank}`, rank }, true);
      return JSON.parse(out) as Record<string, unknown>;
    };
    const [one, four] = [await at(1), await at(4)];
    expect(four).toMatchObject({ relativeError: 0, peftType: 'LORA', leftOut: [] });
    expect(one['relativeError']).toBeGreaterThan(0.01);
    expect(one['layers']).toHaveLength(2);
  });

  it('writes the same model as merging does, an adapter for llama.cpp, and the metrics', async () => {
    expect((await exportRun({ format: 'hf', out: 'as-hf' })).code).toBe(0);
    const merged = await perform({ cwd: trained.cwd }, (context) =>
      mergeCommand(context, trained.run.id, { out: 'merged' }),
    );
    expect(merged.code).toBe(0);
    const weights = (folder: string): Buffer => readFileSync(path.join(place(folder), 'model.safetensors'));
    expect(weights('as-hf')).toEqual(weights('merged'));
    expect((await exportRun({ format: 'gguf-lora', out: 'a.gguf', dtype: 'f16' })).code).toBe(0);
    expect(readFileSync(place('a.gguf')).toString('latin1', 0, 4)).toBe('GGUF');
    expect((await exportRun({ format: 'tfevents', out: 'events' })).code).toBe(0);
    const [written] = readdirSync(place('events'));
    const [own] = readdirSync(trained.run.folder).filter((name) => name.startsWith('events.out'));
    expect(written).toBe(own);
    const size = (folder: string): number => readFileSync(path.join(folder, own ?? '')).length;
    expect(size(place('events'))).toBe(size(trained.run.folder));
  });

  it('refuses options that do not go together', async () => {
    expect((await exportRun({ format: 'hf', rank: 2 })).err).toContain(
      '--rank makes plain LoRA, which --format hf does not hold',
    );
    expect((await exportRun({ format: 'peft', dtype: 'f16' })).err).toContain('--dtype goes with --format gguf-lora');
    expect((await exportRun({ format: 'peft', checkpoint: 9 })).err).toContain('no checkpoint of step 9');
  });
});

describe('rlvr import', () => {
  beforeAll(async () => {
    await exportRun({ format: 'peft', out: 'saved' });
    writeRandomModel(
      place('wide'),
      { hidden_size: 32, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2, num_key_value_heads: 1 },
      1,
    );
  });

  it('makes a run that is the adapter, to merge and to export again', async () => {
    const told = await importFolder('saved');
    expect([told.code, told.err]).toEqual([0, '']);
    expect(told.out).toMatch(/^Imported saved as run \d{8}-\d{6}-saved-\w{4}\.\nmethod {4}lora, 224 parameters\n/);
    const { run, folder } = JSON.parse((await importFolder('saved', 'model', true)).out) as {
      run: string;
      folder: string;
    };
    const record = readRun(folder);
    expect(record).toMatchObject({
      status: 'finished',
      method: 'lora',
      steps: 0,
      start: { from: place('saved'), isImport: true },
    });
    expect(record.hashes['model']).toBe(readRun(trained.run.folder).hashes['model']);
    const merge = (id: string, out: string): Promise<Performed> =>
      perform({ cwd: trained.cwd }, (context) => mergeCommand(context, id, { out }));
    expect([(await merge(run, 'from-import')).code, (await merge(trained.run.id, 'from-run')).code]).toEqual([0, 0]);
    const [ours, theirs] = [await loadCheckpoint(place('from-import')), await loadCheckpoint(place('from-run'))];
    expect([...ours.weights]).toEqual([...theirs.weights]);
    await perform({ cwd: trained.cwd }, (context) => exportCommand(context, run, { format: 'peft', out: 'again' }));
    const tensors = (name: string): Buffer => readFileSync(path.join(place(name), 'adapter_model.safetensors'));
    expect(tensors('again')).toEqual(tensors('saved'));
  });

  it('is shown as what it is, and cannot be resumed', async () => {
    const { run } = JSON.parse((await importFolder('saved', 'model', true)).out) as { run: string };
    const shown = await perform({ cwd: trained.cwd }, (context) => showCommand(context, run));
    expect(shown.out).toContain(`imported from ${place('saved')}`);
    expect(shown.out).not.toContain('steps');
    const listed = await perform({ cwd: trained.cwd }, (context) => runsCommand(context));
    expect(listed.out.split('\n').find((line) => line.startsWith(run))).toContain('import');
    const resumed = await perform({ cwd: trained.cwd }, (context) => resumeCommand(context, run, {}));
    expect([resumed.code, resumed.err]).toEqual([2, expect.stringContaining('--from') as unknown]);
  });

  type Tensors = Map<string, SafetensorsTensor>;
  const spoilt = (name: string, change: { config?: object; tensors?: (tensors: Tensors) => void }): string => {
    cpSync(place('saved'), place(name), { recursive: true });
    const [config, weights] = ['adapter_config.json', 'adapter_model.safetensors'].map((file) =>
      path.join(place(name), file),
    );
    const written = JSON.parse(readFileSync(config ?? '', 'utf8')) as object;
    writeFileSync(config ?? '', JSON.stringify({ ...written, ...change.config }));
    if (change.tensors === undefined) return name;
    const file = openSafetensors(weights ?? '');
    const tensors: Tensors = new Map(
      file.names.map((tensor) => [tensor, { ...file.info(tensor), data: Float32Array.from(file.readFloat32(tensor)) }]),
    );
    file.close();
    change.tensors(tensors);
    writeSafetensors(weights ?? '', tensors, { format: 'pt' });
    return name;
  };
  const first = 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight';
  const refusal = async (folder: string, base?: string): Promise<string> => {
    const before = readdirSync(path.join(trained.cwd, '.rlvr', 'runs'));
    const { code, out, err } = await importFolder(folder, base);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(readdirSync(path.join(trained.cwd, '.rlvr', 'runs'))).toEqual(before);
    return err;
  };

  it('refuses an adapter of another base, naming the first differences', async () => {
    const err = await refusal('saved', 'wide');
    expect(err).toContain('saved does not belong to this base: ');
    expect(err).toContain('model.layers.0.self_attn.q_proj.lora_A is [4, 16], the base asks for [4, 32]');
  });

  it('refuses tensors that are missing, renamed, cut off or not finite', async () => {
    const missing = spoilt('missing', { tensors: (tensors) => tensors.delete(first) });
    expect(await refusal(missing)).toContain('model.layers.0.self_attn.q_proj.lora_A is missing');
    const renamed = spoilt('renamed', {
      tensors: (tensors) => {
        tensors.set(first.replace('q_proj', 'p_proj'), tensors.get(first) as SafetensorsTensor);
        tensors.delete(first);
      },
    });
    expect(await refusal(renamed)).toContain('p_proj.lora_A belongs to no layer of the base that the adapter names');
    const foreign = spoilt('foreign', {
      tensors: (tensors) => tensors.set('other', { dtype: 'F32', shape: [1], data: new Float32Array(1) }),
    });
    expect(await refusal(foreign)).toContain('it holds a tensor "other"');
    const infinite = spoilt('infinite', { tensors: (tensors) => (tensors.get(first)?.data as Float32Array).fill(NaN) });
    expect(await refusal(infinite)).toMatch(/q_proj\.lora_A.*NaN/);
    const cut = spoilt('cut', {});
    truncateSync(path.join(place(cut), 'adapter_model.safetensors'), 500);
    expect(await refusal(cut)).toContain('error[safetensors/invalid]');
  });

  it('refuses what it does not know, naming it', async () => {
    const type = await refusal(spoilt('type', { config: { peft_type: 'LOHA' } }));
    expect(type).toContain('has the peft_type "LOHA", which no method here reads. Those that are read: ADALORA, ');
    expect(await refusal(spoilt('key', { config: { alora_invocation_tokens: [1] } }))).toContain(
      '"alora_invocation_tokens" to [1]',
    );
    expect(await refusal(spoilt('pissa', { config: { init_lora_weights: 'pissa' } }))).toContain(
      'path_initial_model_for_weight_conversion',
    );
    expect(await refusal(spoilt('target', { config: { target_modules: ['nothing'] } }))).toContain('matches no layer');
    // Harmless: it says nothing about what is computed.
    expect((await importFolder(spoilt('harmless', { config: { revision: 'main', inference_mode: false } }))).code).toBe(
      0,
    );
  });

  it('never opens a pickle, and says how to convert it', async () => {
    const folder = spoilt('pickled', {});
    renameSync(path.join(place(folder), 'adapter_model.safetensors'), path.join(place(folder), 'adapter_model.bin'));
    const err = await refusal(folder);
    expect(err).toContain('adapter_model.bin is a pickle: loading it can run any code, so it is never opened.');
    expect(err).toContain('safe_serialization=True');
    expect(await refusal(`${folder}/adapter_model.bin`)).toContain('adapter_model.bin is a pickle');
  });

  it('refuses folders that are no adapters', async () => {
    expect(await refusal('nowhere')).toContain('There is no folder nowhere');
    expect(await refusal('model')).toContain('model holds no adapter_config.json. It is a model');
    expect(await refusal('saved', 'nowhere')).toContain('error[model/missing]');
    writeFileSync(path.join(place(spoilt('text', {})), 'adapter_config.json'), 'no JSON');
    expect(await refusal('text')).toContain('adapter_config.json is not valid');
  });
});

describe('rlvr count', () => {
  const count = (model: string, adapter: string, set: readonly string[] = [], json = false): Promise<Performed> =>
    perform({ cwd: trained.cwd, json }, (context) => countCommand(context, model, { adapter, set }));

  it('counts for a folder and for a config alone', async () => {
    const { out } = await count('model', 'lora', ['rank=4']);
    expect(out).toContain('q_proj       1      128\n');
    expect(out).toContain('lora trains 224 parameters; the base has ');
    const alone = JSON.parse((await count('model/config.json', 'lora', ['adapter.r=4'], true)).out) as object;
    expect(alone).toMatchObject({ trained: 224, adapter: { type: 'lora', r: 4 } });
  });

  it('refuses what is wrong, with a place where there is one', async () => {
    expect((await count('nowhere', 'lora')).err).toContain('expected a config.json or a model folder');
    expect((await count('model', 'lorra')).err).toContain('Did you mean "lora"?');
    expect((await count('model', 'lora', ['r=0'])).err).toContain(
      '--set adapter.r=0: adapter.r: expected at least 1, got 0',
    );
    expect((await count('model', 'lora', ['target_modules=x'])).err).toContain('matches no layer');
  });
});

import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { spectraCommand, type SpectraOptions } from '../../cli/commands/spectra.ts';
import { readMetrics } from '../../core/runs/metrics.ts';
import { readSpectra } from '../../core/spectra/spectraFile.ts';
import { perform, type Performed } from './perform.ts';
import { trainTinyRun, type TrainedFolder } from './trainedRun.ts';

let trained: TrainedFolder;
let plain: TrainedFolder;
const cache = mkdtempSync(path.join(os.tmpdir(), 'rlvr-cache-'));

beforeAll(async () => {
  vi.stubEnv('RLVR_CACHE', cache);
  trained = await trainTinyRun({ spectra: { every: 3, top_k: 4 } });
  plain = await trainTinyRun();
});

afterAll(() => {
  vi.unstubAllEnvs();
  trained.remove();
  plain.remove();
  rmSync(cache, { recursive: true, force: true });
});

function spectra(reference: string, options: Partial<SpectraOptions> = {}, cwd = trained.cwd): Promise<Performed> {
  return perform({ cwd }, (context) => spectraCommand(context, reference, { topK: 4, ...options }));
}

/** A copy of the newest checkpoint, an adapter as PEFT saves it. */
function adapterFolder(name: string): string {
  const folder = path.join(trained.cwd, name);
  cpSync(path.join(trained.run.folder, 'checkpoints', 'step-6'), folder, { recursive: true });
  return folder;
}

describe('a run with spectra', () => {
  it('writes them each N steps and at checkpoints, with numbers among the metrics of those steps', () => {
    const steps = [2, 3, 4, 6].filter((step) =>
      existsSync(path.join(trained.run.folder, 'spectra', `step-${step}.json`)),
    );
    expect(steps).toEqual([2, 3, 4, 6]);
    const { layers, depth, subject } = readSpectra(path.join(trained.run.folder, 'spectra', 'step-3.json'));
    expect([layers.length, depth.top, subject.step, subject.method]).toEqual([2, 4, 3, 'lora']);
    const lines = readMetrics(trained.run.folder);
    const withSpectra = lines.filter(({ metrics }) => 'adapter/update_relative' in metrics).map(({ step }) => step);
    expect(withSpectra).toEqual([3, 6]);
    expect(lines.at(-1)?.metrics['adapter/update_relative']).toBeGreaterThan(0);
  });

  it('trains as it would without them', () => {
    const file = path.join('checkpoints', 'step-6', 'adapter_model.safetensors');
    const [withSpectra, without] = [trained, plain].map(({ run }) => readFileSync(path.join(run.folder, file)));
    expect(withSpectra).toEqual(without);
  });
});

describe('rlvr spectra', () => {
  it('analyses the checkpoints of a run, and says what it found with its evidence and limits', async () => {
    const { code, out } = await spectra(trained.run.id);
    expect(code).toBe(0);
    for (const text of [
      'q_proj',
      'v_proj',
      'collapse',
      'by chance',
      '4 checkpoints were measured',
      '2511.08567',
      '2410.21228',
    ]) {
      expect(out).toContain(text);
    }
  });

  it('finds the same in a checkpoint of a run, its adapter alone, and a run that is analysed later', async () => {
    const step = readSpectra(path.join(trained.run.folder, 'spectra', 'step-6.json'));
    adapterFolder('adapter');
    await spectra('adapter');
    const adapter = readSpectra(path.join(trained.cwd, 'spectra', 'adapter.json'));
    expect(adapter.layers).toEqual(step.layers);
    await spectra(plain.run.id, { checkpoint: 6 }, plain.cwd);
    expect(readSpectra(path.join(plain.run.folder, 'spectra', 'step-6.json')).layers).toEqual(step.layers);
  });

  it('draws a page that holds every layer', async () => {
    const { out } = await spectra(trained.run.id, { html: 'page.html' });
    const page = readFileSync(path.join(trained.cwd, 'page.html'), 'utf8');
    expect(out).toContain('page.html');
    expect(page).toContain('0.self_attn.q_proj');
    expect(page).toContain('Over steps');
  });

  it('looks at the layers that are asked for, and names those that there are where none matches', async () => {
    await spectra('adapter', { layers: 'v_proj' });
    expect(readSpectra(path.join(trained.cwd, 'spectra', 'adapter.json')).layers).toHaveLength(1);
    const { code, err } = await spectra('adapter', { layers: 'w_proj' });
    expect(code).toBe(2);
    expect(err).toContain('model.layers.0.self_attn.q_proj');
  });

  it('compares whole models, and names the first differences of one that was trained from another base', async () => {
    const model = path.join(trained.cwd, 'model');
    const { code, out } = await spectra('model', { base: 'model' });
    expect([code, out]).toEqual([0, expect.stringContaining('no update')]);
    const other = mkdtempSync(path.join(os.tmpdir(), 'rlvr-other-'));
    cpSync(model, other, { recursive: true });
    const config = JSON.parse(readFileSync(path.join(other, 'config.json'), 'utf8')) as object;
    writeFileSync(path.join(other, 'config.json'), JSON.stringify({ ...config, num_hidden_layers: 2 }));
    const { err } = await spectra('model', { base: other });
    expect(err).toContain('model.layers.1.self_attn.q_proj.weight is missing');
    rmSync(other, { recursive: true });
  });
});

describe('rlvr spectra refuses', () => {
  const refusals: readonly (readonly [string, () => Promise<Performed>, string])[] = [
    ['a folder that is nothing', () => spectra('./nothing'), 'does not exist'],
    ['a whole model without its base', () => spectra('model'), '--base'],
    ['a checkpoint of a folder', () => spectra('adapter', { checkpoint: 2 }), '--checkpoint'],
    ['a base that is not there', () => spectra('adapter', { base: 'gone' }), 'The base gone is no model folder'],
  ];
  it.each(refusals)('%s', async (_name, act, message) => {
    const { code, err } = await act();
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it('an adapter whose weights are a pickle, without opening it', async () => {
    const folder = adapterFolder('pickled');
    rmSync(path.join(folder, 'adapter_model.safetensors'));
    writeFileSync(path.join(folder, 'adapter_model.bin'), 'cos\nsystem\n(S"touch /tmp/opened"\ntR.');
    const { code, err } = await spectra('pickled');
    expect(code).toBe(2);
    expect(err).toMatch(/adapter_model.bin is a pickle.*Convert/s);
  });

  it('tensors that are cut short', async () => {
    const folder = adapterFolder('cut');
    const file = path.join(folder, 'adapter_model.safetensors');
    writeFileSync(file, readFileSync(file).subarray(0, 400));
    const { code, err } = await spectra('cut');
    expect([code, err]).toEqual([2, expect.stringContaining('safetensors/invalid')]);
  });

  it('an adapter of another base, naming the first differences', async () => {
    const folder = adapterFolder('renamed');
    const file = path.join(folder, 'adapter_model.safetensors');
    const bytes = readFileSync(file).toString('latin1').replaceAll('layers.0', 'layers.7');
    writeFileSync(file, Buffer.from(bytes, 'latin1'));
    const { code, err } = await spectra('renamed');
    expect(code).toBe(2);
    expect(err).toMatch(/does not belong to this base.*layers\.0\.self_attn\.q_proj\.lora_A is missing.*layers\.7/s);
  });

  it('NaN in a weight, naming the layer', async () => {
    const folder = adapterFolder('nan');
    const file = path.join(folder, 'adapter_model.safetensors');
    const bytes = readFileSync(file);
    bytes.writeFloatLE(Number.NaN, bytes.length - 4);
    writeFileSync(file, bytes);
    const { code, err } = await spectra('nan');
    expect(code).toBe(2);
    expect(err).toMatch(/_proj\.lora_[AB].* NaN/s);
  });
});

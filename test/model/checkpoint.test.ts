import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { RlvrError } from '../../core/errors.ts';
import type { Weight } from '../../core/model/checkpoint.ts';
import { loadCheckpoint } from '../../core/model/checkpoint.ts';
import { writeModelFolder } from '../../core/model/writeModelFolder.ts';
import type { SafetensorsTensor } from '../../core/model/writeSafetensors.ts';
import { writeSafetensors } from '../../core/model/writeSafetensors.ts';
import { temporaryFolder, tinyConfig, weightsFor } from './modelFolders.ts';

const root = temporaryFolder();
const model = path.join(root, 'model');
const single = path.join(model, 'model.safetensors');
const index = path.join(model, 'model.safetensors.index.json');
const weights = weightsFor(tinyConfig);
const embedding = 'model.embed_tokens.weight';

beforeEach(() => {
  rmSync(model, { recursive: true, force: true });
  writeModelFolder(model, { config: tinyConfig, weights, dtype: 'F32' });
});

function writeWeights(file: string, tensors: ReadonlyMap<string, Weight | SafetensorsTensor>): void {
  const complete = [...tensors].map(([name, tensor]) => [name, { dtype: 'F32', ...tensor }] as const);
  writeSafetensors(file, new Map<string, SafetensorsTensor>(complete));
}

function changed(
  name: string,
  tensor: Weight | SafetensorsTensor | undefined,
): Map<string, Weight | SafetensorsTensor> {
  const copy = new Map<string, Weight | SafetensorsTensor>(weights);
  if (tensor === undefined) copy.delete(name);
  else copy.set(name, tensor);
  return copy;
}

/** Splits the model into two shards under an index, with the given names. */
function shard(names: readonly [string, string]): void {
  const entries = [...weights];
  rmSync(single);
  writeWeights(path.join(model, 'one.safetensors'), new Map(entries.slice(0, 5)));
  writeWeights(path.join(model, 'two.safetensors'), new Map(entries.slice(5)));
  const map = Object.fromEntries(entries.map(([name], i) => [name, i < 5 ? names[0] : names[1]]));
  writeFileSync(index, JSON.stringify({ metadata: { total_size: 1 }, weight_map: map }));
}

async function expectRefusal(code: string, problem: string | RegExp): Promise<void> {
  const refusal: unknown = await loadCheckpoint(model).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(RlvrError);
  expect(refusal).toMatchObject({ code, message: expect.stringMatching(problem) as string });
}

describe('loadCheckpoint', () => {
  it('loads one file, in the order of the parameters, with its checksum', async () => {
    const checkpoint = await loadCheckpoint(model);
    expect([...checkpoint.weights.keys()]).toEqual([...weights.keys()]);
    expect(checkpoint.weights).toEqual(weights);
    expect(checkpoint.dtype).toBe('F32');
    expect(checkpoint.config.layers).toBe(2);
    expect(await checkpoint.hash()).toBe(createHash('sha256').update(readFileSync(single)).digest('hex'));
  });

  it('loads shards', async () => {
    shard(['one.safetensors', 'two.safetensors']);
    const checkpoint = await loadCheckpoint(model);
    expect(checkpoint.weights).toEqual(weights);
    const bytes = ['one', 'two'].map((name) => readFileSync(path.join(model, `${name}.safetensors`)));
    expect(await checkpoint.hash()).toBe(createHash('sha256').update(Buffer.concat(bytes)).digest('hex'));
  });

  it("follows the links of Hugging Face's cache, and no others out of the folder", async () => {
    shard(['one.safetensors', 'two.safetensors']);
    const cache = path.join(root, 'models--a--b');
    const snapshot = path.join(cache, 'snapshots', 'abc');
    mkdirSync(path.join(cache, 'blobs'), { recursive: true });
    mkdirSync(path.dirname(snapshot), { recursive: true });
    cpSync(model, snapshot, { recursive: true });
    renameSync(path.join(snapshot, 'two.safetensors'), path.join(cache, 'blobs', 'hash'));
    symlinkSync('../../blobs/hash', path.join(snapshot, 'two.safetensors'));
    expect((await loadCheckpoint(snapshot)).weights).toEqual(weights);

    renameSync(path.join(model, 'two.safetensors'), path.join(root, 'outside.safetensors'));
    symlinkSync('../outside.safetensors', path.join(model, 'two.safetensors'));
    await expectRefusal('model/invalid-weights', /a link to .*outside\.safetensors outside the model folder/);
  });

  it.each(['../one.safetensors', '/etc/passwd', '..', '.', '', 'a/../../x', '..\\one.safetensors', 'a\0b'])(
    'refuses an index that names %j',
    async (name) => {
      shard([name, 'two.safetensors']);
      await expectRefusal('model/invalid-weights', /outside the model folder/);
    },
  );

  it('refuses an index whose files are missing or hold something else', async () => {
    shard(['absent.safetensors', 'two.safetensors']);
    await expectRefusal('model/invalid-weights', /"absent.safetensors", which does not exist/);
    rmSync(index);
    writeFileSync(index, JSON.stringify({ weight_map: { [embedding]: 'two.safetensors' } }));
    await expectRefusal('model/invalid-weights', /two.safetensors does not hold tensor "model.embed_tokens.weight"/);
  });

  it.each([
    ['[]', /expected a JSON object/],
    ['{}', /weight_map is not an object of file names/],
    ['{"weight_map":{"a":1}}', /weight_map is not an object of file names/],
    ['{"weight_map":{"__proto__":"../x"}}', /outside the model folder|is missing/],
    [
      JSON.stringify({ weight_map: Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`t${i}`, `f${i}`])) }),
      /at most 1000/,
    ],
  ])('refuses the index %.40s', async (text, problem) => {
    rmSync(single);
    writeFileSync(index, text);
    await expectRefusal('model/invalid-weights', problem);
  });

  it('says what is missing', async () => {
    rmSync(single);
    await expectRefusal('model/missing', /holds neither model.safetensors nor model.safetensors.index.json$/);
    writeFileSync(path.join(model, 'pytorch_model.bin'), '');
    await expectRefusal('model/missing', /pytorch_model.bin is a pickle/);
    rmSync(model, { recursive: true });
    await expectRefusal('model/missing', /config.json does not exist/);
  });

  it.each([
    ['a missing weight', 'model.norm.weight', undefined, /model.norm.weight is missing$/],
    [
      'another shape',
      'model.norm.weight',
      { shape: [9], data: new Float32Array(9) },
      /model.norm.weight is \[9\]; expected \[8\]$/,
    ],
    [
      'a weight too many',
      'model.layers.0.self_attn.o_proj.bias',
      { shape: [8], data: new Float32Array(8) },
      /is not a weight of this qwen2/,
    ],
    [
      'a NaN',
      'model.norm.weight',
      { shape: [8], data: new Float32Array(8).fill(NaN, 5) },
      /model.safetensors: tensor "model.norm.weight" holds NaN at index 5/,
    ],
    [
      'an infinity',
      'model.norm.weight',
      { shape: [8], data: new Float32Array(8).fill(-Infinity, 2) },
      /holds -Infinity at index 2/,
    ],
    [
      'another output projection',
      'lm_head.weight',
      { shape: [10, 8], data: new Float32Array(80) },
      /lm_head.weight differs/,
    ],
  ])('refuses %s', async (_, name, tensor, problem) => {
    writeWeights(single, changed(name, tensor));
    await expectRefusal('model/invalid-weights', problem);
  });

  it('lists only the first of many differences', async () => {
    writeWeights(single, new Map([['x', { shape: [1], data: Float32Array.of(1) }]]));
    await expectRefusal('model/invalid-weights', /and 19 more$/);
  });

  it('refuses integer weights', async () => {
    writeWeights(single, changed('model.norm.weight', { dtype: 'I32', shape: [8], data: new Int32Array(8) }));
    await expectRefusal('safetensors/invalid', /holds I32; expected floating-point numbers/);
  });

  it('ignores what old exports carry, and an output projection equal to the embedding', async () => {
    const extras = changed('lm_head.weight', weights.get(embedding));
    extras.set('model.layers.0.self_attn.rotary_emb.inv_freq', { shape: [2], data: Float32Array.of(1, 0.01) });
    writeWeights(single, extras);
    expect((await loadCheckpoint(model)).weights).toEqual(weights);
  });

  it('answers damaged weight files with a model or an RlvrError, nothing else', async () => {
    const bytes = readFileSync(single);
    for (let round = 0; round < 60; round += 1) {
      const damaged = Uint8Array.from(round % 2 === 0 ? bytes.subarray(0, (round * bytes.length) / 60) : bytes);
      if (damaged.length > 0) damaged[(round * 7919) % Math.min(damaged.length, 3000)]! ^= 1 << (round % 8);
      writeFileSync(single, damaged);
      const result: unknown = await loadCheckpoint(model).catch((error: unknown) => error);
      if (result instanceof Error) expect(result).toBeInstanceOf(RlvrError);
    }
    expect(existsSync(single)).toBe(true);
  });
});

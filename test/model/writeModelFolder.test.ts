import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCheckpoint } from '../../core/model/checkpoint.ts';
import { openSafetensors } from '../../core/model/safetensors.ts';
import { writeModelFolder } from '../../core/model/writeModelFolder.ts';
import { temporaryFolder, tinyConfig, weightsFor } from './modelFolders.ts';

const root = temporaryFolder();
const weights = weightsFor(tinyConfig);

function readJson(...parts: string[]): unknown {
  return JSON.parse(readFileSync(path.join(root, ...parts), 'utf8'));
}

describe('writeModelFolder', () => {
  it('writes what loadCheckpoint reads, with the files of the tokenizer', async () => {
    const source = path.join(root, 'source');
    mkdirSync(source);
    writeFileSync(path.join(source, 'tokenizer.json'), '{}');
    writeFileSync(path.join(source, 'chat_template.jinja'), 'hi');
    writeFileSync(path.join(source, 'README.md'), 'not the tokenizer');
    writeModelFolder(path.join(root, 'new', 'model'), {
      config: tinyConfig,
      generationConfig: { eos_token_id: [8, 9] },
      weights,
      dtype: 'F32',
      tokenizerFrom: source,
      files: new Map([['README.md', 'made here']]),
    });
    const checkpoint = await loadCheckpoint(path.join(root, 'new', 'model'));
    expect(checkpoint.weights).toEqual(weights);
    expect(checkpoint.config.eosTokenIds).toEqual([8, 9]);
    expect(checkpoint.config.raw).toEqual(tinyConfig);
    expect(readdirSync(path.join(root, 'new'))).toEqual(['model']);
    expect(readdirSync(path.join(root, 'new', 'model')).sort()).toEqual([
      'README.md',
      'chat_template.jinja',
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
    ]);
    const tensors = openSafetensors(path.join(root, 'new', 'model', 'model.safetensors'));
    expect(tensors.metadata.get('format')).toBe('pt');
    tensors.close();
  });

  it.each([
    ['F16', 'float16'],
    ['BF16', 'bfloat16'],
  ] as const)('writes %s, and says so in the key that the config has', async (dtype, name) => {
    const { torch_dtype: _, ...config } = tinyConfig;
    writeModelFolder(path.join(root, dtype), { config: tinyConfig, weights, dtype });
    writeModelFolder(path.join(root, `${dtype}-5`), { config, weights, dtype });
    const checkpoint = await loadCheckpoint(path.join(root, dtype));
    expect(checkpoint.dtype).toBe(dtype);
    expect(checkpoint.weights).toEqual(weights);
    expect(readJson(dtype, 'config.json')).toEqual({ ...tinyConfig, torch_dtype: name });
    expect(readJson(`${dtype}-5`, 'config.json')).toEqual({ ...config, dtype: name });
  });

  it('fills an empty folder and leaves a full one alone', () => {
    mkdirSync(path.join(root, 'empty'));
    writeModelFolder(path.join(root, 'empty'), { config: tinyConfig, weights, dtype: 'F32' });
    expect(readdirSync(path.join(root, 'empty'))).toContain('config.json');
    expect(() => writeModelFolder(path.join(root, 'empty'), { config: tinyConfig, weights, dtype: 'F16' })).toThrow(
      expect.objectContaining({ code: 'run/unwritable', message: expect.stringContaining('exists already') as string }),
    );
    expect(readJson('empty', 'config.json')).toEqual(tinyConfig);
    writeFileSync(path.join(root, 'file'), 'kept');
    expect(() => writeModelFolder(path.join(root, 'file'), { config: tinyConfig, weights, dtype: 'F32' })).toThrow(
      /exists already/,
    );
    expect(() => writeModelFolder(path.join(root, 'file', 'x'), { config: tinyConfig, weights, dtype: 'F32' })).toThrow(
      expect.objectContaining({ code: 'run/unwritable' }),
    );
    expect(readFileSync(path.join(root, 'file'), 'utf8')).toBe('kept');
  });

  it.each([
    ['a missing weight', 'model.norm.weight', undefined, 'F32', /model.norm.weight is missing/],
    ['a NaN', 'model.norm.weight', { shape: [8], data: new Float32Array(8).fill(NaN) }, 'F32', /holds NaN/],
    [
      'a number too large for F16',
      'model.norm.weight',
      { shape: [8], data: new Float32Array(8).fill(1e5) },
      'F16',
      /in F16: .*Infinity/,
    ],
  ] as const)('refuses %s and writes nothing', (_, name, weight, dtype, problem) => {
    const broken = new Map(weights);
    if (weight === undefined) broken.delete(name);
    else broken.set(name, weight);
    expect(() => writeModelFolder(path.join(root, 'broken'), { config: tinyConfig, weights: broken, dtype })).toThrow(
      problem,
    );
    expect(readdirSync(root).filter((entry) => entry.includes('broken') || entry.endsWith('.tmp'))).toEqual([]);
  });
});

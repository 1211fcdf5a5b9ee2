import { describe, expect, it } from 'vitest';
import type { TargetLayer } from '../../core/contracts/parameter.ts';
import { ggufLora } from '../../core/exchange/ggufLora.ts';
import type { GgufDtype } from '../../core/exchange/ggufLora.ts';
import type { LoraLayer, PlainLora } from '../../core/exchange/plainLora.ts';
import { parseModelConfig } from '../../core/model/modelConfig.ts';
import { tinyConfig } from '../model/modelFolders.ts';

/** A GGUF file's metadata and tensors, read as the format's description says. */
function readGguf(file: Buffer): { metadata: Record<string, unknown>; tensors: Record<string, number[][]> } {
  let at = 0;
  const uint32 = (): number => file.readUInt32LE((at += 4) - 4);
  const uint64 = (): number => Number(file.readBigUInt64LE((at += 8) - 8));
  const text = (): string => {
    const length = uint64();
    return file.toString('utf8', at, (at += length));
  };
  expect(file.toString('latin1', 0, 4)).toBe('GGUF');
  at = 4;
  expect(uint32()).toBe(3);
  const [tensorCount, valueCount] = [uint64(), uint64()];
  const readers: Readonly<Record<number, () => unknown>> = {
    4: uint32,
    6: () => file.readFloatLE((at += 4) - 4),
    8: text,
  };
  const metadata = Object.fromEntries(
    Array.from({ length: valueCount }, () => [text(), readers[uint32()]?.()] as const),
  );
  const infos = Array.from({ length: tensorCount }, () => {
    const name = text();
    const sizes = Array.from({ length: uint32() }, uint64);
    return { name, sizes, type: uint32(), offset: uint64() };
  });
  const start = Math.ceil(at / 32) * 32;
  const tensors = infos.map(({ name, sizes: [columns = 0, rows = 0], type, offset }) => {
    expect(offset % 32).toBe(0);
    const value = (i: number): number =>
      type === 0 ? file.readFloatLE(start + offset + 4 * i) : halfToNumber(file.readUInt16LE(start + offset + 2 * i));
    const values = Array.from({ length: rows * columns }, (_, i) => value(i));
    return [name, Array.from({ length: rows }, (_, row) => values.slice(row * columns, (row + 1) * columns))];
  });
  return { metadata, tensors: Object.fromEntries(tensors) as Record<string, number[][]> };
}

/** Normal halves and zero. */
function halfToNumber(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const size = exponent === 0 ? 0 : (1 + (bits & 1023) / 1024) * 2 ** (exponent - 15);
  return bits >> 15 === 1 ? -size : size;
}

function layer(name: string, out: number, rank: number, scaling: number): LoraLayer {
  const target: TargetLayer = {
    name,
    module: name.slice(name.lastIndexOf('.') + 1),
    kind: 'linear',
    shape: [out, 8],
    hasBias: false,
  };
  const count = (rows: number, columns: number): LoraLayer['a'] => ({
    shape: [rows, columns],
    values: Float32Array.from({ length: rows * columns }, (_, i) => i + 1),
  });
  return { layer: target, a: count(rank, 8), b: count(out, rank), scaling, norm: 0, missing: 0 };
}

function written(
  architecture: 'llama' | 'qwen2',
  layers: readonly LoraLayer[],
  dtype: GgufDtype = 'f32',
): ReturnType<typeof readGguf> {
  const model = parseModelConfig({ ...tinyConfig, model_type: architecture });
  const lora: PlainLora = { layers, leftOut: [], relativeError: 0 };
  return readGguf(Buffer.concat(ggufLora(lora, model, 'a run', dtype)));
}

describe('ggufLora', () => {
  it('says what the file is, and keeps one scaling as alpha', () => {
    const { metadata, tensors } = written('qwen2', [layer('model.layers.1.mlp.down_proj', 8, 2, 3)]);
    expect(metadata).toEqual({
      'general.architecture': 'qwen2',
      'general.type': 'adapter',
      'general.name': 'a run',
      'general.file_type': 0,
      'adapter.type': 'lora',
      'adapter.lora.alpha': 6,
    });
    expect(Object.keys(tensors)).toEqual(['blk.1.ffn_down.weight.lora_a', 'blk.1.ffn_down.weight.lora_b']);
    expect(tensors['blk.1.ffn_down.weight.lora_a']).toEqual([
      [1, 2, 3, 4, 5, 6, 7, 8],
      [9, 10, 11, 12, 13, 14, 15, 16],
    ]);
    expect(tensors['blk.1.ffn_down.weight.lora_b']?.slice(0, 2)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('puts into B what differs from the first layer in scaling', () => {
    const { metadata, tensors } = written('qwen2', [
      layer('model.layers.0.self_attn.o_proj', 8, 2, 3),
      layer('lm_head', 8, 1, 5),
    ]);
    // llama.cpp scales by alpha / rank = 6 / 1 here.
    expect(metadata['adapter.lora.alpha']).toBe(6);
    expect(tensors['output.weight.lora_b']?.map(([value = 0]) => 6 * value)).toEqual(
      Array.from({ length: 8 }, (_, row) => expect.closeTo(5 * (row + 1), 5) as unknown),
    );
  });

  it('interleaves the rows of heads of queries and keys for Llama, and of nothing else', () => {
    const layers = ['q_proj', 'k_proj', 'v_proj'].map((module) =>
      layer(`model.layers.0.self_attn.${module}`, module === 'q_proj' ? 8 : 4, 1, 1),
    );
    const rows = (architecture: 'llama' | 'qwen2', name: string): number[] | undefined =>
      written(architecture, layers).tensors[`blk.0.${name}.weight.lora_b`]?.flat();
    // Two query heads of four rows, one key head: the halves [1, 2 | 3, 4] become pairs.
    expect(rows('llama', 'attn_q')).toEqual([1, 3, 2, 4, 5, 7, 6, 8]);
    expect(rows('llama', 'attn_k')).toEqual([1, 3, 2, 4]);
    expect(rows('llama', 'attn_v')).toEqual([1, 2, 3, 4]);
    expect(rows('qwen2', 'attn_q')).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('writes halves', () => {
    const { metadata, tensors } = written('qwen2', [layer('model.layers.0.mlp.up_proj', 8, 1, 1)], 'f16');
    expect(metadata['general.file_type']).toBe(1);
    expect(tensors['blk.0.ffn_up.weight.lora_b']?.flat()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('refuses a layer that llama.cpp has no name for', () => {
    expect(() => written('qwen2', [layer('model.embed_tokens', 10, 1, 1)])).toThrow(
      'llama.cpp has no LoRA for model.embed_tokens',
    );
  });
});

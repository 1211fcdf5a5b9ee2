import { RlvrError } from '../errors.ts';
import { narrowToFloat16 } from '../model/halfPrecision.ts';
import type { DecoderConfig } from '../model/modelConfig.ts';
import type { PlainLora } from './plainLora.ts';

/** Number types of the tensors that are written. */
export const ggufDtypes = ['f32', 'f16'] as const;
/** One of them. */
export type GgufDtype = (typeof ggufDtypes)[number];

const version = 3;
const alignment = 32;
/** GGUF's codes of metadata value types and of tensor types. */
const valueTypes = { uint32: 4, float32: 6, string: 8 } as const;
const tensorTypes: Readonly<Record<GgufDtype, number>> = { f32: 0, f16: 1 };

/** llama.cpp's names of a block's linear layers. */
const moduleNames: Readonly<Record<string, string>> = {
  q_proj: 'attn_q',
  k_proj: 'attn_k',
  v_proj: 'attn_v',
  o_proj: 'attn_output',
  gate_proj: 'ffn_gate',
  up_proj: 'ffn_up',
  down_proj: 'ffn_down',
};

interface GgufTensor {
  readonly name: string;
  /** Row-major. */
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * Plain LoRA as a GGUF file (version 3) that llama.cpp takes as `--lora`: the tensors `blk.N.attn_q.weight.lora_a` and `.lora_b`, and the
 * metadata that says what they are. Returns the parts of the file in order.
 *
 * @throws RlvrError `adapter/invalid` for a layer that llama.cpp has no LoRA for
 */
export function ggufLora(lora: PlainLora, model: DecoderConfig, name: string, dtype: GgufDtype): readonly Uint8Array[] {
  // llama.cpp scales by alpha / rank, one alpha for the file: what differs from layer to layer goes into B.
  const [first] = lora.layers;
  const alpha = (first?.scaling ?? 1) * (first?.a.shape[0] ?? 1);
  const tensors = lora.layers.flatMap(({ layer, a, b, scaling }): GgufTensor[] => {
    const target = tensorName(layer.name);
    const [out = 0, rank = 1] = b.shape;
    const factor = (scaling * rank) / alpha;
    const rows = reorderedRows(model, layer.module, out);
    const values = new Float32Array(b.values.length);
    rows.forEach((from, row) => {
      for (let k = 0; k < rank; k++) values[row * rank + k] = (b.values[from * rank + k] ?? 0) * factor;
    });
    return [
      { name: `${target}.lora_a`, shape: a.shape, values: a.values },
      { name: `${target}.lora_b`, shape: b.shape, values },
    ];
  });
  const metadata = [
    keyValue('general.architecture', text(model.architecture), valueTypes.string),
    keyValue('general.type', text('adapter'), valueTypes.string),
    keyValue('general.name', text(name), valueTypes.string),
    keyValue('general.file_type', uint32(tensorTypes[dtype]), valueTypes.uint32),
    keyValue('adapter.type', text('lora'), valueTypes.string),
    keyValue('adapter.lora.alpha', float32(alpha), valueTypes.float32),
  ];
  return ggufFile(metadata, tensors, dtype);
}

function tensorName(layer: string): string {
  const [, block, module = ''] = /^model\.layers\.(\d+)\.(?:self_attn|mlp)\.(\w+)$/.exec(layer) ?? [];
  const own = moduleNames[module];
  if (block !== undefined && own !== undefined) return `blk.${block}.${own}.weight`;
  if (layer === 'lm_head') return 'output.weight';
  throw new RlvrError('adapter/invalid', `llama.cpp has no LoRA for ${layer}.`, { layer });
}

/**
 * Which row of B each row of the file's is. llama.cpp rotates neighbouring pairs in Llama's queries and keys where Hugging Face rotates
 * halves, so the rows of each head are interleaved; in Qwen's they stay.
 */
function reorderedRows({ architecture, heads, keyValueHeads }: DecoderConfig, module: string, out: number): number[] {
  const rows = Array.from({ length: out }, (_, row) => row);
  if (architecture !== 'llama' || (module !== 'q_proj' && module !== 'k_proj')) return rows;
  const width = out / (module === 'q_proj' ? heads : keyValueHeads);
  return rows.map((row) => {
    const inHead = row % width;
    return row - inHead + (inHead % 2) * (width / 2) + Math.floor(inHead / 2);
  });
}

function ggufFile(
  metadata: readonly Buffer[],
  tensors: readonly GgufTensor[],
  dtype: GgufDtype,
): readonly Uint8Array[] {
  let offset = 0;
  const infos: Buffer[] = [];
  const data: Uint8Array[] = [];
  for (const { name, shape, values } of tensors) {
    const sizes = [...shape].reverse().map((size) => uint64(size));
    infos.push(text(name), uint32(shape.length), ...sizes, uint32(tensorTypes[dtype]), uint64(offset));
    const bytes = littleEndian(values, dtype);
    const padding = padded(bytes.length) - bytes.length;
    data.push(bytes, new Uint8Array(padding));
    offset += bytes.length + padding;
  }
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    uint32(version),
    uint64(tensors.length),
    uint64(metadata.length),
    ...metadata,
    ...infos,
  ]);
  return [head, new Uint8Array(padded(head.length) - head.length), ...data];
}

function padded(length: number): number {
  return Math.ceil(length / alignment) * alignment;
}

function littleEndian(values: Float32Array, dtype: GgufDtype): Uint8Array {
  const bytes = Buffer.alloc(values.length * (dtype === 'f16' ? 2 : 4));
  if (dtype === 'f16') narrowToFloat16(values).forEach((half, i) => bytes.writeUInt16LE(half, 2 * i));
  else values.forEach((value, i) => bytes.writeFloatLE(value, 4 * i));
  return bytes;
}

function keyValue(key: string, value: Buffer, type: number): Buffer {
  return Buffer.concat([text(key), uint32(type), value]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

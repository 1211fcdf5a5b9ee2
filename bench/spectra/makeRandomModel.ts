// Writes a model folder with random weights of the shapes of Qwen2-1.5B in bfloat16 (3.1 GB), and beside it a LoRA adapter of rank 16 on
// all of its linear layers, as PEFT saves it: what `rlvr spectra` is measured on.
//   node scripts/runTypescript.mjs bench/spectra/makeRandomModel.ts FOLDER [BLOCKS]
// FOLDER/model and FOLDER/adapter are made; BLOCKS decoder blocks instead of 28 make a smaller one.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createCatalog } from '../../core/container.ts';
import { decoderParameters, type DecoderParameter } from '../../core/model/decoderParameters.ts';
import { narrowToBfloat16 } from '../../core/model/halfPrecision.ts';
import { parseModelConfig } from '../../core/model/modelConfig.ts';
import { writeSafetensors, type SafetensorsTensor } from '../../core/model/writeSafetensors.ts';
import { randomStream } from '../../core/tensor/random.ts';
import { adapterTargets } from '../../core/training/adapterTargets.ts';
import { layerShapes } from '../../core/training/layerShapes.ts';
import { plugins } from '../../plugins/index.ts';

const DEVIATION = 0.02;
/** Of the adapter's B: an update of about 1 % of the weight. */
const ADAPTER_DEVIATION = 2e-3;
const TABLE = 2 ** 16;
const BLOCKS_PER_FILE = 4;

const [target, blocks = '28'] = process.argv.slice(2);
if (target === undefined) throw new Error('Usage: makeRandomModel.ts FOLDER [BLOCKS]');

const config = {
  architectures: ['Qwen2ForCausalLM'],
  model_type: 'qwen2',
  hidden_size: 1536,
  intermediate_size: 8960,
  num_hidden_layers: Number(blocks),
  num_attention_heads: 12,
  num_key_value_heads: 2,
  vocab_size: 151_936,
  max_position_embeddings: 131_072,
  rms_norm_eps: 1e-6,
  rope_theta: 1_000_000,
  hidden_act: 'silu',
  tie_word_embeddings: true,
  use_sliding_window: false,
  torch_dtype: 'bfloat16',
};
const model = parseModelConfig(config);

/** Normal values in bfloat16, from which each weight takes one at random: a billion draws from a generator would take minutes. */
const table = narrowToBfloat16(
  randomStream(1, 'table')
    .normals(TABLE)
    .map((value) => DEVIATION * value),
);
let state = 0x9e3779b9;

function randomWeight({ shape, kind }: DecoderParameter): SafetensorsTensor {
  const data = new Uint16Array(shape.reduce((product, size) => product * size, 1));
  if (kind === 'norm') data.fill(narrowToBfloat16(Float32Array.of(1))[0] ?? 0);
  else if (kind !== 'bias') {
    for (let index = 0; index < data.length; index++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      data[index] = table[state >>> 16] ?? 0;
    }
  }
  return { dtype: 'BF16', shape, data };
}

function writeModel(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'config.json'), `${JSON.stringify(config, undefined, 2)}\n`);
  const groups = new Map<number, DecoderParameter[]>();
  for (const parameter of decoderParameters(model)) {
    const group = parameter.layer === undefined ? -1 : Math.floor(parameter.layer / BLOCKS_PER_FILE);
    groups.set(group, [...(groups.get(group) ?? []), parameter]);
  }
  const files = [...groups.values()];
  const fileOf = (index: number): string =>
    `model-${String(index + 1).padStart(5, '0')}-of-${String(files.length).padStart(5, '0')}.safetensors`;
  for (const [index, parameters] of files.entries()) {
    writeSafetensors(
      path.join(folder, fileOf(index)),
      new Map(parameters.map((parameter) => [parameter.name, randomWeight(parameter)])),
      { format: 'pt' },
    );
    console.log(`${fileOf(index)}: ${parameters.length} tensors`);
  }
  const map = files.flatMap((parameters, index) => parameters.map(({ name }) => [name, fileOf(index)] as const));
  const index = { metadata: {}, weight_map: Object.fromEntries(map) };
  writeFileSync(path.join(folder, 'model.safetensors.index.json'), `${JSON.stringify(index)}\n`);
}

function writeAdapter(folder: string, modelFolder: string): void {
  const lora = createCatalog(plugins).find('adapter', 'lora');
  const options = lora.config.parse({ r: 16, lora_alpha: 32, target_modules: 'all-linear' });
  const targets = adapterTargets(lora, options, model);
  const plan = lora.plan(options, targets, randomStream(1, 'plan'));
  const parameters = targets
    .flatMap((layer) => layerShapes(lora, layer, plan.layers.get(layer.name)))
    .map((spec) => {
      const count = spec.shape.reduce((product, size) => product * size, 1);
      const deviation = spec.role === 'lora_B' ? ADAPTER_DEVIATION : DEVIATION;
      return {
        ...spec,
        values: randomStream(1, spec.name)
          .normals(count)
          .map((value) => deviation * value),
      };
    });
  const peft = lora.toPeft(options, parameters, modelFolder);
  if (peft === undefined) throw new Error('LoRA is saved as PEFT saves it');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'adapter_config.json'), `${JSON.stringify(peft.config, undefined, 2)}\n`);
  const tensors = [...peft.tensors].map(
    ([name, { shape, values }]) => [name, { dtype: 'F32', shape, data: values }] as const,
  );
  writeSafetensors(path.join(folder, 'adapter_model.safetensors'), new Map(tensors), { format: 'pt' });
}

const modelFolder = path.resolve(target, 'model');
writeModel(modelFolder);
writeAdapter(path.resolve(target, 'adapter'), modelFolder);

import { readdirSync } from 'node:fs';
import type { Adapter, PeftAdapter, StoredTensor } from '../../../core/contracts/adapter.ts';
import { loadCheckpoint } from '../../../core/model/checkpoint.ts';
import type { Checkpoint } from '../../../core/model/checkpoint.ts';
import { decoderParameters } from '../../../core/model/decoderParameters.ts';
import { readModelConfig } from '../../../core/model/modelConfig.ts';
import type { SafetensorsFile } from '../../../core/model/safetensors.ts';
import { createPolicy } from '../../../core/training/policy.ts';
import type { Policy } from '../../../core/training/policy.ts';
import { goldenPath, hasGolden } from '../../goldenFolder.ts';
import { peftShapes, trainedShapes } from './layerCases.ts';
import {
  chooseAdapter,
  methodOf,
  netFolders,
  parameterName,
  readGoldenJson,
  readGoldenTensors,
  tensorsBelow,
} from './peftCases.ts';
import type { AttachedCase } from './peftCases.ts';

/** `models/CASE/expected.json`, with the configuration beside it. */
export interface ModelCase extends AttachedCase {
  readonly model: string;
  readonly loss: number;
  readonly saved_only: readonly string[];
}

/** A case of `models/` with the adapter that it is of. */
export interface ModelBench {
  readonly entry: ModelCase;
  readonly adapter: Adapter;
  readonly config: unknown;
  /** PEFT's own folder. */
  readonly saved: PeftAdapter;
  readonly expected: SafetensorsFile;
  checkpoint(): Promise<Checkpoint>;
}

/** A case of `models/`, to be run or not covered for a reason. */
export interface ListedModelCase {
  readonly kind: string;
  readonly method: string;
  readonly name: string;
  readonly bench: () => ModelBench;
  readonly reason?: string;
}

const loaded = new Map<string, Promise<Checkpoint>>();

function checkpointOf(model: string): Promise<Checkpoint> {
  const found = loaded.get(model) ?? loadCheckpoint(goldenPath(model));
  loaded.set(model, found);
  return found;
}

/** A model with zeros for weights: enough to see what an adapter adds to it. */
function shapesOf(model: string): Checkpoint {
  const config = readModelConfig(goldenPath(model));
  const weights = decoderParameters(config).map(({ name, shape }) => {
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    return [name, { shape, data }] as const;
  });
  return { config, weights: new Map(weights), dtype: 'F32', hash: () => Promise.resolve('') };
}

function hasPeftsShapes(adapter: Adapter, config: unknown, entry: ModelCase): boolean {
  try {
    const policy = createPolicy(shapesOf(entry.model), adapter, config, 1);
    return JSON.stringify(trainedShapes(policy)) === JSON.stringify(peftShapes(entry));
  } catch {
    return false;
  }
}

/** A parameter's value of a case by our name: from PEFT's file, or what the case has beside it. */
export function savedValues({ entry, saved, expected }: ModelBench): ReadonlyMap<string, StoredTensor> {
  const beside = new Map([...tensorsBelow(expected, 'value.'), ...tensorsBelow(expected, 'frozen.')]);
  const values = entry.parameters.flatMap(({ name, saved_as: key }): [string, StoredTensor][] => {
    const tensor = typeof key === 'string' ? saved.tensors.get(key) : beside.get(name);
    return tensor === undefined ? [] : [[parameterName(name), tensor]];
  });
  return new Map(values);
}

/** A policy with PEFT's values in place of its own start. */
export function withValues(policy: Policy, values: ReadonlyMap<string, StoredTensor>): Policy {
  const parameters = policy.parameters.map((own) => ({ ...own, values: values.get(own.name)?.values ?? own.values }));
  return { ...policy, parameters };
}

function listed(folder: string, name: string): ListedModelCase {
  const config = readGoldenJson(folder, 'models', name, 'adapter_config.json') as ModelCase['config'];
  const entry = { ...(readGoldenJson(folder, 'models', name, 'expected.json') as object), config } as ModelCase;
  const saved = {
    config,
    tensors: tensorsBelow(readGoldenTensors(folder, 'models', name, 'adapter_model.safetensors'), ''),
  };
  const choice = hasGolden(entry.model)
    ? chooseAdapter(entry, saved, (adapter, own) => hasPeftsShapes(adapter, own, entry))
    : { reason: `no ${entry.model} in the golden folder` };
  return {
    kind: `${folder}/models`,
    method: methodOf(name),
    name,
    bench() {
      if ('reason' in choice) throw new TypeError(choice.reason);
      const expected = readGoldenTensors(folder, 'models', name, 'expected.safetensors');
      return { ...choice, entry, saved, expected, checkpoint: () => checkpointOf(entry.model) };
    },
    ...('reason' in choice ? { reason: choice.reason } : {}),
  };
}

/** Every case of `models/` in every folder of nets. */
export function listModelCases(): readonly ListedModelCase[] {
  return netFolders.flatMap((folder) =>
    hasGolden(folder, 'models') ? readdirSync(goldenPath(folder, 'models')).map((name) => listed(folder, name)) : [],
  );
}

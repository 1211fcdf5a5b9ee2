import type { LayerCalibration, PeftAdapter, StoredTensor } from '../../../core/contracts/adapter.ts';
import type { InitialParameter } from '../../../core/contracts/parameter.ts';
import type { SafetensorsFile } from '../../../core/model/safetensors.ts';
import type { Policy } from '../../../core/training/policy.ts';
import { attachToNet, readNets } from './netBench.ts';
import type { Net } from './netBench.ts';
import {
  chooseAdapter,
  chooseByFields,
  methodOf,
  netFolders,
  parameterName,
  readCases,
  storedTensor,
  tensorsBelow,
} from './peftCases.ts';
import type { AttachedCase, Choice, Golden, PeftParameter } from './peftCases.ts';

type Fields = Readonly<Record<string, unknown>>;

/** `layers/CASE.json`. */
export interface LayersCase extends AttachedCase {
  readonly net: string;
  readonly note?: string;
  readonly attributes: Readonly<Record<string, Fields>>;
  readonly converted_config?: Fields;
  readonly reload_max_abs?: number | string;
}

/** A case of `layers/` with the adapter that it is of, attached to its net as the adapter itself starts it. */
export interface LayersBench extends Golden<LayersCase> {
  readonly net: Net;
  readonly policy: Policy;
  readonly calibration: ReadonlyMap<string, LayerCalibration> | undefined;
  /** As PEFT saves the case's perturbed values. */
  readonly saved: PeftAdapter;
}

/** A case of `layers/`, to be run or not covered for a reason. */
export interface ListedCase {
  readonly kind: string;
  readonly method: string;
  readonly name: string;
  readonly golden: Golden<LayersCase>;
  readonly bench: () => LayersBench;
  readonly reason?: string;
}

/** A tensor of a case at its perturbed values; what is frozen has its initial ones. */
export function valueOf(file: SafetensorsFile, { name, kind }: Pick<PeftParameter, 'name' | 'kind'>): StoredTensor {
  return storedTensor(file, `${kind === 'trainable' ? 'value' : 'initial'}.${name}`);
}

function savedBy({ entry, file }: Golden<LayersCase>): PeftAdapter {
  const own = entry.parameters.flatMap((parameter): [string, StoredTensor][] =>
    typeof parameter.saved_as === 'string' ? [[parameter.saved_as, valueOf(file, parameter)]] : [],
  );
  return { config: entry.config, tensors: new Map([...own, ...tensorsBelow(file, 'saved_only.')]) };
}

function rowsOf(tensors: readonly StoredTensor[]): Float32Array {
  return Float32Array.of(...tensors.flatMap(({ values }) => [...values]));
}

/** What the base computed on PEFT's calibration batches, by layer: rows of inputs of all batches, or mean gradients. */
function calibrationOf({ file }: Golden<LayersCase>, net: Net): ReadonlyMap<string, LayerCalibration> | undefined {
  const entries = net.layers.flatMap(({ name }): [string, LayerCalibration][] => {
    const batches = file.names
      .filter((key) => key.endsWith(`.${name}`) && /^(eva|calibration)_x\d+\./.test(key))
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    const gradient = `calibration_grad.${name}`;
    if (file.names.includes(gradient)) return [[name, { kind: 'gradients', values: file.readFloat32(gradient) }]];
    if (batches.length === 0) return [];
    const tensors = batches.map((key) => storedTensor(file, key));
    const batchRows = tensors.map(({ shape, values }) => values.length / (shape.at(-1) ?? 1));
    return [[name, { kind: 'activations', values: rowsOf(tensors), batchRows }]];
  });
  return entries.length === 0 ? undefined : new Map(entries);
}

/** Names and shapes of what is trained, sorted by name. */
export function trainedShapes(policy: Policy): readonly (readonly [string, readonly number[]])[] {
  const trained = policy.parameters.filter(({ trainable }) => trainable);
  return trained.map(({ name, shape }) => [name, shape] as const).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The same as PEFT lists it. */
export function peftShapes(entry: AttachedCase): readonly (readonly [string, readonly number[]])[] {
  const trained = entry.parameters.filter(({ kind }) => kind === 'trainable');
  return trained.map(({ name, shape }) => [parameterName(name), shape] as const).sort(([a], [b]) => (a < b ? -1 : 1));
}

function hasPeftsShapes(attach: () => Policy, entry: AttachedCase): boolean {
  try {
    return JSON.stringify(trainedShapes(attach())) === JSON.stringify(peftShapes(entry));
  } catch {
    return false;
  }
}

function isCopy(own: InitialParameter, other: InitialParameter): boolean {
  const isConstant = own.values.every((value) => value === own.values[0]);
  return (
    !isConstant &&
    own.values.length === other.values.length &&
    own.values.every((value, i) => value === other.values[i])
  );
}

/** The adapter with PEFT's perturbed values; frozen copies of a trained start are copies of PEFT's. */
export function withPeftsValues({ policy, entry, file }: LayersBench): Policy['parameters'] {
  const named = new Map(entry.parameters.map((parameter) => [parameterName(parameter.name), parameter]));
  return policy.parameters.map((own) => {
    const peft = named.get(own.name);
    if (peft !== undefined) return { ...own, values: valueOf(file, peft).values };
    const source = own.trainable ? undefined : policy.parameters.find((other) => other.trainable && isCopy(own, other));
    const start = source === undefined ? undefined : named.get(source.name);
    return start === undefined ? own : { ...own, values: file.readFloat32(`initial.${start.name}`) };
  });
}

/** Fields that belong to the folder, which a case does not have. */
const ofTheFolder = ['auto_mapping', 'base_model_name_or_path', 'inference_mode', 'task_type'];

/** A configuration without what belongs to the folder, and without `left`. */
export function comparedFields(config: Fields, left: readonly string[] = []): Fields {
  return Object.fromEntries(Object.entries(config).filter(([key]) => ![...ofTheFolder, ...left].includes(key)));
}

/** What a case needs to be attached. */
interface Prepared {
  readonly golden: Golden<LayersCase>;
  readonly net: Net;
  readonly saved: PeftAdapter;
  readonly calibration: ReadonlyMap<string, LayerCalibration> | undefined;
}

/** The adapter that reads the case as PEFT saved it. */
function readBack({ golden: { entry }, net, saved, calibration }: Prepared): Choice {
  return chooseAdapter(entry, saved, (adapter, config) =>
    hasPeftsShapes(() => attachToNet(net, adapter, config, calibration), entry),
  );
}

/** The adapter as it was configured before it started: EVA's patterns are what its start made of the ranks. */
function asConfigured({ golden: { entry }, net, calibration }: Prepared): Choice {
  const { rank_pattern: _ranks, alpha_pattern: _alphas, ...others } = entry.config;
  const config = entry.config['init_lora_weights'] === 'eva' ? others : entry.config;
  return chooseByFields({ ...entry, config }, (adapter, own) =>
    hasPeftsShapes(() => attachToNet(net, adapter, own, calibration), entry),
  );
}

function listed(
  kind: string,
  golden: Golden<LayersCase>,
  nets: ReadonlyMap<string, Net>,
  choose: (prepared: Prepared) => Choice,
): ListedCase {
  const { entry } = golden;
  const net = nets.get(entry.net)!;
  const saved = savedBy(golden);
  const calibration = calibrationOf(golden, net);
  const choice = choose({ golden, net, saved, calibration });
  return {
    kind,
    method: methodOf(entry.name),
    name: entry.name,
    golden,
    bench() {
      if ('reason' in choice) throw new TypeError(choice.reason);
      const policy = attachToNet(net, choice.adapter, choice.config, calibration);
      return { ...golden, net, saved, calibration, policy };
    },
    ...('reason' in choice ? { reason: choice.reason } : {}),
  };
}

function listCases(
  kind: string,
  choose: (prepared: Prepared) => Choice,
  isWanted: (golden: Golden<LayersCase>) => boolean,
): readonly ListedCase[] {
  return netFolders.flatMap((folder) => {
    const nets = readNets(folder);
    const cases = readCases<LayersCase>(folder, 'layers').filter(isWanted);
    return cases.map((golden) => listed(`${folder}/${kind}`, golden, nets, choose));
  });
}

/** Every case of `layers/` in every folder of nets. */
export function listLayersCases(): readonly ListedCase[] {
  return listCases('layers', readBack, () => true);
}

/** Those of them whose start is to be compared, with the adapter as it was configured. */
export function listStarts(isWanted: (golden: Golden<LayersCase>) => boolean): readonly ListedCase[] {
  return listCases('starts', asConfigured, isWanted);
}

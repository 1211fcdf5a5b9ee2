import type { Adapter, StoredTensor } from '../../../core/contracts/adapter.ts';
import type { Optimizer } from '../../../core/contracts/optimizer.ts';
import type { Policy } from '../../../core/training/policy.ts';
import { attachToNet, readNets } from '../adapters/netBench.ts';
import type { Net } from '../adapters/netBench.ts';
import {
  catalog,
  chooseAdapter,
  methodOf,
  netFolders,
  parameterName,
  readCases,
  storedTensor,
  tensorsBelow,
  withoutFixed,
} from '../adapters/peftCases.ts';
import type { Golden, PeftCase } from '../adapters/peftCases.ts';

/** One step of `train/CASE.json`. Only AdaLoRA's have more than the loss. */
export interface TrainStep {
  readonly loss: number;
  readonly global_step?: number;
  readonly task_loss?: number;
  readonly penalty?: number;
  readonly budget?: number | null;
  readonly masked?: boolean;
  readonly rank_pattern?: Readonly<Record<string, readonly boolean[]>> | null;
}

/** `train/CASE.json`. */
export interface TrainCase extends PeftCase {
  readonly net: string;
  readonly lr: number;
  readonly weight_decay: number;
  readonly optimizer: string;
  readonly optimizer_options: Readonly<Record<string, unknown>>;
  readonly steps: readonly TrainStep[];
  readonly saved_config?: Readonly<Record<string, unknown>>;
}

/** A case of `train/` with the adapter and the optimizer that it is of, at PEFT's start. */
export interface TrainBench extends Golden<TrainCase> {
  readonly net: Net;
  readonly policy: Policy;
  readonly optimizer: Optimizer;
  readonly optimizerConfig: unknown;
}

/** A case of `train/`, to be run or not covered for a reason. */
export interface ListedTrainCase {
  readonly kind: string;
  readonly method: string;
  readonly name: string;
  readonly bench: () => TrainBench;
  readonly reason?: string;
}

/** PEFT's optimizers by what a case says, with what there is of options in it. `-float32` is LoRA-FA without its rounding to bfloat16. */
function optimizerOf({
  optimizer: name,
  optimizer_options: options,
  weight_decay: decay,
}: TrainCase): { readonly optimizer: Optimizer; readonly config: unknown } | { readonly reason: string } {
  const plain = (text: string): string => text.replaceAll(/[-_]/g, '');
  const [base = '', precision] = name.split('-');
  const optimizer = catalog.all('optimizer').find(({ id }) => plain(id) === plain(base));
  if (optimizer === undefined) return { reason: `there is no optimizer "${base}"` };
  const fields = (optimizer.config as { readonly shape?: object }).shape ?? {};
  const known = { weight_decay: decay, bfloat16: precision === undefined, ...options };
  const parsed = optimizer.config.safeParse(
    Object.fromEntries(Object.entries(known).filter(([key]) => key in fields || key in options)),
  );
  return parsed.success ? { optimizer, config: parsed.data } : { reason: parsed.error.message };
}

/** Names of what is trained: what has a gradient in the first step. */
export function trainedNames({ file }: Golden<TrainCase>): readonly string[] {
  return [...tensorsBelow(file, 'step0.grad.').keys()].map(parameterName).sort();
}

/** Whether what an adapter trains of a net, if it can be attached at all, is what PEFT trains. */
function trainsTheSame(attach: () => Policy, golden: Golden<TrainCase>): boolean {
  try {
    const own = attach().parameters.filter(({ trainable }) => trainable);
    return JSON.stringify(own.map(({ name }) => name).sort()) === JSON.stringify(trainedNames(golden));
  } catch {
    return false;
  }
}

/** The adapter at PEFT's start; frozen tensors are PEFT's as well. */
function atStart(policy: Policy, { file }: Golden<TrainCase>): Policy {
  const values = new Map<string, StoredTensor>(
    ['start.', 'frozen.'].flatMap((prefix) =>
      [...tensorsBelow(file, prefix)].map(([name, tensor]) => [parameterName(name), tensor] as const),
    ),
  );
  const parameters = policy.parameters.map((own) => ({ ...own, values: values.get(own.name)?.values ?? own.values }));
  const replaced = [...policy.replaced].map(([name, own]) => {
    const residual = `residual.${name}.weight`;
    return [name, file.names.includes(residual) ? file.readFloat32(residual) : own] as const;
  });
  return { ...policy, parameters, replaced: new Map(replaced) };
}

/** The policy of the adapter, or of a method made of it that belongs to the optimizer. */
function policyOf(
  golden: Golden<TrainCase>,
  net: Net,
  chosen: { adapter: Adapter; config: unknown },
  optimizer: Optimizer,
): Policy {
  const methods = catalog.all('adapter').filter((adapter) => adapter.optimizer === optimizer.id);
  for (const adapter of methods) {
    const choice = withoutFixed(adapter, golden.entry.config);
    if ('reason' in choice) continue;
    const attach = (): Policy => attachToNet(net, adapter, choice.config);
    if (trainsTheSame(attach, golden)) return attach();
  }
  return attachToNet(net, chosen.adapter, chosen.config);
}

function listed(folder: string, golden: Golden<TrainCase>, nets: ReadonlyMap<string, Net>): ListedTrainCase {
  const { entry, file } = golden;
  const net = nets.get(entry.net)!;
  const own = [...tensorsBelow(file, 'start.')].map(([name, tensor]) => [`base_model.model.${name}`, tensor] as const);
  // What is frozen and of no layer is shared by all of them, and saved (VeRA's projections).
  const shared = [...tensorsBelow(file, 'frozen.')].filter(([name]) => !name.includes('.'));
  const tensors = new Map([...own, ...shared.map(([name, tensor]) => [`base_model.${name}`, tensor] as const)]);
  const choice = chooseAdapter(entry, { config: entry.config, tensors }, (adapter, config) =>
    trainsTheSame(() => attachToNet(net, adapter, config), golden),
  );
  const optimizer = optimizerOf(entry);
  const reason = 'reason' in choice ? choice.reason : 'reason' in optimizer ? optimizer.reason : undefined;
  return {
    kind: `${folder}/train`,
    method: methodOf(entry.name),
    name: entry.name,
    bench() {
      if ('reason' in choice || 'reason' in optimizer) throw new TypeError(reason);
      const policy = atStart(policyOf(golden, net, choice, optimizer.optimizer), golden);
      return { ...golden, net, policy, optimizer: optimizer.optimizer, optimizerConfig: optimizer.config };
    },
    ...(reason === undefined ? {} : { reason }),
  };
}

/** Every case of `train/` in every folder of nets. */
export function listTrainCases(): readonly ListedTrainCase[] {
  return netFolders.flatMap((folder) => {
    const nets = readNets(folder);
    return readCases<TrainCase>(folder, 'train').map((golden) => listed(folder, golden, nets));
  });
}

/** A tensor of a step by our parameter's name, undefined where PEFT has none. */
export function stepTensor(
  { file }: Golden<TrainCase>,
  step: number,
  kind: string,
  parameter: string,
): StoredTensor | undefined {
  const key = [`step${step}.${kind}.${parameter}`, `step${step}.${kind}.${parameter}.weight`].find((name) =>
    file.names.includes(name),
  );
  return key === undefined ? undefined : storedTensor(file, key);
}

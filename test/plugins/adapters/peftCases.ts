import { readdirSync, readFileSync } from 'node:fs';
import type { Adapter, PeftAdapter, StoredTensor } from '../../../core/contracts/adapter.ts';
import { createCatalog } from '../../../core/container.ts';
import type { SafetensorsFile } from '../../../core/model/safetensors.ts';
import { parseSafetensors } from '../../../core/model/safetensors.ts';
import { plugins } from '../../../plugins/index.ts';
import { goldenPath, hasGolden } from '../../goldenFolder.ts';

/** Every adapter that an experiment can name. */
export const catalog = createCatalog(plugins);

/** A parameter as PEFT lists it. */
export interface PeftParameter {
  readonly name: string;
  readonly kind: 'trainable' | 'frozen';
  readonly shape: readonly number[];
  readonly saved_as: string | null;
}

type Fields = Readonly<Record<string, unknown>>;

/** What all kinds of cases have in common. */
export interface PeftCase {
  readonly name: string;
  /** PEFT's type in lower case, or the method's name where PEFT does not have it. */
  readonly method: string;
  readonly config: Fields;
}

/** What `layers/CASE.json` and `models/CASE/expected.json` have in common. */
export interface AttachedCase extends PeftCase {
  readonly trainable: number;
  readonly parameters: readonly PeftParameter[];
  readonly base_changed: readonly string[];
  readonly identity_at_init: number;
}

/** A case with its tensors. */
export interface Golden<Case> {
  readonly entry: Case;
  readonly file: SafetensorsFile;
}

/** Folders in the golden folder that hold little nets and cases over them. */
export const netFolders: readonly string[] = hasGolden()
  ? readdirSync(goldenPath()).filter((folder) => hasGolden(folder, 'nets.json'))
  : [];

/** Reads a JSON file of the golden folder. */
export function readGoldenJson(...parts: string[]): unknown {
  return JSON.parse(readFileSync(goldenPath(...parts), 'utf8'));
}

/** Reads a safetensors file of the golden folder into memory. */
export function readGoldenTensors(...parts: string[]): SafetensorsFile {
  return parseSafetensors(readFileSync(goldenPath(...parts)), parts.join('/'));
}

/** The cases of a folder of `CASE.json` and `CASE.safetensors`. */
export function readCases<Case extends PeftCase>(...folder: string[]): readonly Golden<Case>[] {
  if (!hasGolden(...folder)) return [];
  const files = readdirSync(goldenPath(...folder)).filter((file) => file.endsWith('.json'));
  return files.map((file) => ({
    entry: readGoldenJson(...folder, file) as Case,
    file: readGoldenTensors(...folder, file.replace(/json$/, 'safetensors')),
  }));
}

/** Names of cases begin with their method's. */
export function methodOf(name: string): string {
  return name.split('-', 1)[0]!;
}

/** PEFT's name of a parameter as ours: without `.weight` at the end. */
export function parameterName(name: string): string {
  return name.replace(/\.weight$/, '');
}

/** A tensor of a file; integers as numbers. */
export function storedTensor(file: SafetensorsFile, name: string): StoredTensor {
  const { shape, dtype } = file.info(name);
  const values = /^[IU]/.test(dtype) ? Float32Array.from(file.read(name), Number) : file.readFloat32(name);
  return { shape, values };
}

/** All tensors of a file whose names begin with `prefix`, by what follows it. */
export function tensorsBelow(file: SafetensorsFile, prefix: string): Map<string, StoredTensor> {
  const names = file.names.filter((name) => name.startsWith(prefix));
  return new Map(names.map((name) => [name.slice(prefix.length), storedTensor(file, name)]));
}

/** An adapter with a configuration, or why there is none. */
export type Choice = { readonly adapter: Adapter; readonly config: unknown } | { readonly reason: string };

/** Fields that say nothing about what the adapter computes. */
const bookkeeping = new Set([
  'auto_mapping',
  'base_model_name_or_path',
  'cache_file',
  'covariance_file',
  'inference_mode',
  'megatron_core',
  'peft_type',
  'peft_version',
  'prune_temporary_fields',
  'qalora_group_size',
  'revision',
  'task_type',
  'use_float16_for_covariance',
  'verbose',
]);

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** The fields that say something, those of nested configurations as well. */
function toldFields(fields: Fields): Fields {
  const told = Object.entries(fields).filter(([key, value]) => !bookkeeping.has(key) && !isNothing(value));
  return Object.fromEntries(told.map(([key, value]) => [key, isFields(value) ? toldFields(value) : value] as const));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

type FieldSchemas = Readonly<Record<string, { safeParse(value: unknown): object } | undefined>>;

function fieldsOf(adapter: Adapter): FieldSchemas {
  return (adapter.config as { readonly shape?: FieldSchemas }).shape ?? {};
}

/** The configuration with the adapter's own names, or why the adapter does not have it. */
function parseFields(adapter: Adapter, fields: Fields): Choice {
  const own = fieldsOf(adapter);
  const told = Object.entries(toldFields(fields)).filter(([key, value]) => key in own || value !== false);
  const foreign = told.find(([key]) => !(key in own));
  if (foreign !== undefined) return { reason: `${adapter.id} has no ${foreign[0]}` };
  const parsed = adapter.config.safeParse(Object.fromEntries(told));
  return parsed.success
    ? { adapter, config: parsed.data }
    : { reason: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ') };
}

/** A configuration for a method that fixes some of its options: those are left out. */
export function withoutFixed(adapter: Adapter, fields: Fields): Choice {
  const own = fieldsOf(adapter);
  const open = Object.entries(fields).filter(([key, value]) => !('error' in (own[key]?.safeParse(value) ?? {})));
  return parseFields(adapter, Object.fromEntries(open));
}

/** A method that PEFT does not have, by its name. */
function chooseByName({ method, config }: PeftCase): Choice {
  const adapter = catalog.all('adapter').find(({ id }) => id === method);
  return adapter === undefined ? { reason: `there is no adapter named "${method}"` } : withoutFixed(adapter, config);
}

/** Whether PEFT has no such method: the case is named after it, and not after PEFT's type. */
function isForeign({ method, config }: PeftCase): boolean {
  return String(config['peft_type']).toLowerCase() !== method;
}

/** Those that read this type of PEFT's. */
function adaptersFor({ config }: PeftCase): readonly Adapter[] {
  return catalog.all('adapter').filter(({ peftType }) => peftType === config['peft_type']);
}

/** The adapter of a case by its configuration as a user writes it: the first that has all of its fields and adds what PEFT adds. */
export function chooseByFields(entry: PeftCase, addsTheSame: (adapter: Adapter, config: unknown) => boolean): Choice {
  if (isForeign(entry)) return chooseByName(entry);
  for (const adapter of adaptersFor(entry)) {
    const choice = parseFields(adapter, entry.config);
    if ('adapter' in choice && addsTheSame(adapter, choice.config)) return choice;
  }
  return { reason: `no adapter has the options and the tensors of this ${String(entry.config['peft_type'])}` };
}

/**
 * The adapter of a case: the one that reads it as PEFT saves it. Where PEFT's file alone does not say what is meant (the residual of PiSSA
 * is not in it), by the fields of its configuration.
 */
export function chooseAdapter(
  entry: PeftCase,
  saved: PeftAdapter,
  addsTheSame: (adapter: Adapter, config: unknown) => boolean,
): Choice {
  if (isForeign(entry)) return chooseByName(entry);
  const adapters = adaptersFor(entry);
  if (adapters.length === 0) return { reason: `no adapter has peft_type ${String(entry.config['peft_type'])}` };
  const refusals: string[] = [];
  for (const adapter of adapters) {
    const read = adapter.fromPeft(saved);
    if (!('refused' in read)) return { adapter, config: read.config };
    refusals.push(`${adapter.id}: ${read.refused}`);
  }
  const choice = chooseByFields(entry, addsTheSame);
  return 'adapter' in choice ? choice : { reason: refusals.slice(0, 1).join().replace(/\s+/g, ' ') };
}

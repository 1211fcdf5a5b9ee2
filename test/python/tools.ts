/** What the Python tests ask of this project's code: `node tools.js COMMAND ARGUMENT...`. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { applyChatTemplate } from '../../core/model/applyChatTemplate.ts';
import type { ChatMessage } from '../../core/model/chatTemplate.ts';
import { loadCheckpoint } from '../../core/model/checkpoint.ts';
import { openSafetensors } from '../../core/model/safetensors.ts';
import { loadTokenizer } from '../../core/model/tokenizer.ts';
import type { ModelDtype } from '../../core/model/writeModelFolder.ts';
import { writeModelFolder } from '../../core/model/writeModelFolder.ts';
import type { SafetensorsTensor } from '../../core/model/writeSafetensors.ts';
import { writeSafetensors } from '../../core/model/writeSafetensors.ts';
import { exportMethods, importAdapters, methodCases } from './adapterRuns.ts';
import type { SequenceLogits } from './logits.ts';
import { baseLogits, runLogits } from './logits.ts';

/** Of a model folder, or of a run. */
interface LogitsRequest {
  readonly model?: string;
  readonly run?: string;
  readonly sequences: readonly (readonly number[])[];
}

/** Methods to export from runs on a model, or adapters of PEFT's to import onto it. */
interface AdaptersRequest {
  readonly model: string;
  readonly adapters: readonly string[];
  readonly sequences: readonly (readonly number[])[];
}

interface TextRequest {
  readonly model: string;
  readonly texts: readonly string[];
  readonly conversations: readonly { readonly messages: readonly ChatMessage[]; readonly generation: boolean }[];
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Reads a safetensors file and writes what it holds. */
function rewrite(from: string, to: string): void {
  const file = openSafetensors(from);
  const tensors = file.names.map((name): [string, SafetensorsTensor] => {
    const { dtype, shape } = file.info(name);
    return [name, { dtype, shape, data: file.read(name) }];
  });
  writeSafetensors(to, new Map(tensors), Object.fromEntries(file.metadata));
  file.close();
}

/** Writes the logits [tokens, vocabulary] of each sequence of a request as the tensors `0`, `1`, ... */
async function logits(requestFile: string, to: string): Promise<void> {
  const { model = '', run, sequences } = readJson(requestFile) as LogitsRequest;
  writeLogits(to, await (run === undefined ? baseLogits(model, sequences) : runLogits(run, sequences)));
}

function writeLogits(to: string, results: readonly SequenceLogits[]): void {
  const tensors = results.map(({ shape, data }, index): [string, SafetensorsTensor] => [
    String(index),
    { dtype: 'F32', shape, data },
  ]);
  writeSafetensors(to, new Map(tensors));
}

/** Exports a run of every method into a folder; `methods.json` says what there is, `NAME.logits` what each computes. */
async function exportAll(requestFile: string, folder: string): Promise<void> {
  const { model, sequences } = readJson(requestFile) as AdaptersRequest;
  const methods = await exportMethods(folder, model, sequences);
  for (const { name, logits: own } of methods) writeLogits(path.join(folder, `${name}.logits`), own);
  const told = methods.map(({ name, exports, refusals }) => ({ name, exports, refusals }));
  writeFileSync(path.join(folder, 'methods.json'), JSON.stringify(told));
}

/** Imports adapter folders; writes the logits of the first one's run to `0.logits`, and so on. */
async function importAll(requestFile: string, folder: string): Promise<void> {
  const { model, adapters, sequences } = readJson(requestFile) as AdaptersRequest;
  const all = await importAdapters(folder, model, adapters, sequences);
  all.forEach((own, index) => {
    writeLogits(path.join(folder, `${index}.logits`), own);
  });
}

/** Prints the names of the methods that `exportAll` makes. */
function listMethods(): void {
  process.stdout.write(JSON.stringify(methodCases().map(({ name }) => name)));
}

/** Writes what the tokenizer and the chat template of a folder make of texts and conversations. */
function text(requestFile: string, to: string): void {
  const { model, texts, conversations } = readJson(requestFile) as TextRequest;
  const tokenizer = loadTokenizer(model);
  const encoded = texts.map((entry) => {
    const ids = tokenizer.encode(entry);
    const decoded = tokenizer.decode(ids);
    const plain = tokenizer.decode(ids, { skipSpecialTokens: true });
    return { ids, special: tokenizer.encode(entry, { addSpecialTokens: true }), decoded, plain };
  });
  const rendered = conversations.map(({ messages, generation }) =>
    applyChatTemplate(tokenizer, messages, { addGenerationPrompt: generation }),
  );
  writeFileSync(to, JSON.stringify({ size: tokenizer.vocabularySize, encoded, rendered }));
}

/** Writes a model folder anew, in another number type. */
async function convert(from: string, to: string, dtype: string): Promise<void> {
  const { config, weights } = await loadCheckpoint(from);
  writeModelFolder(to, {
    config: config.raw,
    generationConfig: config.rawGeneration,
    weights,
    dtype: dtype as ModelDtype,
    tokenizerFrom: from,
  });
}

type Command = (first: string, second: string, third: string) => void | Promise<void>;
const commands: Readonly<Record<string, Command>> = {
  rewrite,
  logits,
  text,
  convert,
  exportAll,
  importAll,
  listMethods,
};

const [name = '', first = '', second = '', third = ''] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) throw new RangeError(`no command "${name}"; there are: ${Object.keys(commands).join(', ')}`);
await command(first, second, third);

/** What the Python tests ask of this project's code: `node tools.js COMMAND ARGUMENT...`. */
import { readFileSync } from 'node:fs';
import { openSafetensors } from '../../core/model/safetensors.ts';
import type { SafetensorsTensor } from '../../core/model/writeSafetensors.ts';
import { writeSafetensors } from '../../core/model/writeSafetensors.ts';
import { baseLogits } from './logits.ts';

interface LogitsRequest {
  readonly model: string;
  readonly sequences: readonly (readonly number[])[];
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
  const { model, sequences } = JSON.parse(readFileSync(requestFile, 'utf8')) as LogitsRequest;
  const results = await baseLogits(model, sequences);
  const tensors = results.map(({ shape, data }, index): [string, SafetensorsTensor] => [
    String(index),
    { dtype: 'F32', shape, data },
  ]);
  writeSafetensors(to, new Map(tensors));
}

const commands: Readonly<Record<string, (first: string, second: string) => void | Promise<void>>> = { rewrite, logits };

const [name = '', first = '', second = ''] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) throw new RangeError(`no command "${name}"; there are: ${Object.keys(commands).join(', ')}`);
await command(first, second);

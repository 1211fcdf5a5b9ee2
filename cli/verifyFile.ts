import { once } from 'node:events';
import path from 'node:path';
import { readLines } from '../core/problems/rows/readLines.ts';
import { extractedValues } from '../core/verifier/extractedValues.ts';
import type { VerifierPool } from '../core/verifier/pool/verifierPool.ts';
import { parseVerifierCase, type VerifierCase } from '../core/verifier/verifierCase.ts';
import type { VerifierOptions } from '../core/verifier/verifierOptions.ts';
import type { CommandContext } from './command.ts';
import { clean } from './display/textLine.ts';
import { exitCodes } from './exitCodes.ts';
import { createProgress } from './progress.ts';
import { writeJsonWithNulls, writeLine } from './terminal.ts';
import { verdicts, verificationJson } from './verdict.ts';

/** Cases that are under way at once: enough for every core, and few enough for any length of file. */
const WINDOW = 512;

/** What one line came to. */
interface Outcome {
  readonly json: Readonly<Record<string, unknown>>;
  readonly kind: 'equal' | 'different' | 'unusable' | 'extracted' | 'bad';
  /** Id or line, and what it came to, for people. */
  readonly name: string;
  readonly words: string;
}

/**
 * Verifies the cases of a file, one JSON object a line, and writes what each comes to, in their order and as soon as it is known. Lines
 * that are no cases are named, on standard error too, and make the exit code 2.
 */
export async function verifyFile(
  context: CommandContext,
  file: string,
  defaults: VerifierOptions,
  pool: VerifierPool,
): Promise<number> {
  const target = path.resolve(context.cwd, file);
  const total = await countLines(target);
  const progress = createProgress(progressTerminal(context), 'verifying', context.json && !isTerminal(context));
  const counts = { equal: 0, different: 0, unusable: 0, extracted: 0, bad: 0 };
  const underway: Promise<Outcome>[] = [];
  let done = 0;
  const take = async (): Promise<void> => {
    const outcome = await underway.shift();
    if (outcome === undefined) return;
    counts[outcome.kind]++;
    done++;
    await write(context, outcome);
    progress.update(done, total);
  };
  try {
    for await (const { text, number } of readLines(target)) {
      if (text?.trim() === '') continue;
      underway.push(judge(text, number, defaults, pool));
      if (underway.length >= WINDOW) await take();
    }
    while (underway.length > 0) await take();
  } finally {
    progress.end();
  }
  if (!context.json) writeLine(context.terminal, summary(counts));
  return counts.bad > 0 ? exitCodes.badInput : exitCodes.success;
}

async function judge(
  text: string | undefined,
  number: number,
  defaults: VerifierOptions,
  pool: VerifierPool,
): Promise<Outcome> {
  const read = text === undefined ? { id: undefined, problem: 'no UTF-8' } : parseVerifierCase(text, defaults);
  if ('problem' in read) {
    const error = `line ${number}: ${read.problem}`;
    return { ...named(read.id, number, { equal: undefined, error }), kind: 'bad', words: error };
  }
  return read.isExtraction ? extract(read, number) : compare(read, number, pool);
}

function extract({ id, answer, options }: VerifierCase, number: number): Outcome {
  const extracted = extractedValues(answer, options);
  return {
    ...named(id, number, { extracted }),
    kind: 'extracted',
    words: `extracted ${JSON.stringify(extracted)}`,
  };
}

async function compare(
  { id, gold, answer, options }: VerifierCase,
  number: number,
  pool: VerifierPool,
): Promise<Outcome> {
  const verification = await pool.verify(answer, gold ?? '', options);
  const verdict = verdicts[`${verification.equal}`];
  return {
    ...named(id, number, verificationJson(verification)),
    kind: verdict.kind,
    words: `${verdict.name}: ${verification.trace.at(-1)?.detail ?? ''}`,
  };
}

/** A case is named by its id, else by its line. */
function named(id: string | number | undefined, line: number, json: object): Pick<Outcome, 'json' | 'name'> {
  return id === undefined
    ? { name: `line ${line}`, json: { line, ...json } }
    : { name: String(id), json: { id, ...json } };
}

async function write({ terminal, json }: CommandContext, { json: value, kind, name, words }: Outcome): Promise<void> {
  if (kind === 'bad') {
    terminal.err.write(`${clean(words)}\n`);
    if (!json) return;
  }
  const hasRoom = json
    ? writeJsonWithNulls(terminal, value, { compact: true })
    : terminal.out.write(`${clean(name)}  ${clean(words)}\n`);
  if (!hasRoom) await once(terminal.out, 'drain');
}

async function countLines(file: string): Promise<number> {
  let count = 0;
  for await (const { text } of readLines(file)) count += text?.trim() === '' ? 0 : 1;
  return count;
}

function isTerminal({ terminal }: CommandContext): boolean {
  return (terminal.err as { isTTY?: boolean }).isTTY === true;
}

/** Results go to standard output line by line, so nothing is drawn over there: progress goes to standard error. */
function progressTerminal({ terminal }: CommandContext): CommandContext['terminal'] {
  return { ...terminal, isLive: false };
}

function summary(counts: Readonly<Record<Outcome['kind'], number>>): string {
  const { equal, different, unusable, extracted, bad } = counts;
  const parts = [`${equal} equal`, `${different} not equal`, `${unusable} with an unusable reference`];
  if (extracted > 0) parts.push(`${extracted} extracted`);
  if (bad > 0) parts.push(`${bad} bad lines`);
  return parts.join(', ');
}

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { z } from 'zod';
import { messageOf, RlvrError } from '../errors.ts';
import { syncFolder, writeFileAtomically } from '../model/atomicFile.ts';
import { runFile } from './runFiles.ts';
import { syncFile } from './syncFile.ts';
import { writing } from './writing.ts';

const fileName = /^step-(\d{6,9})\.parquet$/;
const largestFile = 1024 * 1024 * 1024;

/** One sampled completion with what it earned. Column names are those of TRL's completion logs. */
export interface CompletionRow {
  readonly step: number;
  readonly prompt: string;
  readonly completion: string;
  /** Value of each reward by name; undefined where the reward could not judge. */
  readonly rewards: Readonly<Record<string, number | undefined>>;
  readonly advantage: number;
  readonly problemId: string;
  /** Whether it ended by itself rather than at the length limit. */
  readonly finished: boolean;
  /** Length in tokens. */
  readonly tokens: number;
}

const fixedColumns = ['step', 'prompt', 'completion', 'advantage', 'problem_id', 'finished', 'tokens'];

const rowSchema = z.looseObject({
  step: z.number(),
  prompt: z.string(),
  completion: z.string(),
  advantage: z.number(),
  problem_id: z.string(),
  finished: z.boolean(),
  tokens: z.number(),
});

/**
 * Writes the completions of one step to `completions/step-NNNNNN.parquet`, whole or not at all. Every row names the same rewards. They are
 * durable from the next checkpoint on (`syncCompletions`). Throws `run/unwritable`.
 */
export function writeCompletions(runFolder: string, step: number, rows: readonly CompletionRow[]): void {
  const rewards = Object.keys(rows[0]?.rewards ?? {});
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: 'step', data: rows.map((row) => row.step), type: 'INT32' },
      { name: 'prompt', data: rows.map((row) => row.prompt), type: 'STRING' },
      { name: 'completion', data: rows.map((row) => row.completion), type: 'STRING' },
      ...rewards.map((name) => ({
        name: rewardColumn(name),
        data: rows.map((row) => row.rewards[name]),
        type: 'DOUBLE' as const,
        nullable: true,
      })),
      { name: 'advantage', data: rows.map((row) => row.advantage), type: 'DOUBLE' },
      { name: 'problem_id', data: rows.map((row) => row.problemId), type: 'STRING' },
      { name: 'finished', data: rows.map((row) => row.finished), type: 'BOOLEAN' },
      { name: 'tokens', data: rows.map((row) => row.tokens), type: 'INT32' },
    ],
  });
  const file = path.join(runFile(runFolder, 'completions'), `step-${String(step).padStart(6, '0')}.parquet`);
  writing(file, () => {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileAtomically(file, [new Uint8Array(buffer)], { isDurable: false });
  });
}

/** Makes the completions of the steps after `step` durable. */
export function syncCompletions(runFolder: string, step: number): void {
  const written = completionFiles(runFolder).filter((entry) => entry.step > step);
  for (const { file } of written) syncFile(file);
  if (written.length > 0) syncFolder(runFile(runFolder, 'completions'));
}

/** The steps whose completions a run has, in order. */
export function completionSteps(runFolder: string): readonly number[] {
  return completionFiles(runFolder).map(({ step }) => step);
}

/** The completions of one step; empty where there are none. Throws `run/corrupt` for a file that is not such a table. */
export async function readCompletions(runFolder: string, step: number): Promise<readonly CompletionRow[]> {
  const file = completionFiles(runFolder).find((entry) => entry.step === step)?.file;
  if (file === undefined) return [];
  try {
    const bytes = readFileSync(file);
    if (bytes.length > largestFile) throw new Error(`larger than ${largestFile} bytes`);
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    const rows = await parquetReadObjects({ file: buffer, metadata: parquetMetadata(buffer) });
    return rows.map(toRow);
  } catch (error) {
    throw new RlvrError(
      'run/corrupt',
      `${file} is not a table of completions: ${messageOf(error)}`,
      { file },
      { cause: error },
    );
  }
}

/** Removes the completions of later steps than `step`, and what a writer left unfinished. */
export function forgetCompletionsAfter(runFolder: string, step: number): void {
  const folder = runFile(runFolder, 'completions');
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const match = fileName.exec(name);
    if (match === null ? name.endsWith('.tmp') : Number(match[1]) > step)
      rmSync(path.join(folder, name), { force: true });
  }
}

function completionFiles(runFolder: string): readonly { step: number; file: string }[] {
  const folder = runFile(runFolder, 'completions');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => {
      const step = fileName.exec(name)?.[1];
      return step === undefined ? [] : [{ step: Number(step), file: path.join(folder, name) }];
    })
    .sort((a, b) => a.step - b.step);
}

function rewardColumn(name: string): string {
  return fixedColumns.includes(name) ? `${name}_reward` : name;
}

function toRow(value: unknown): CompletionRow {
  const {
    step,
    prompt,
    completion,
    advantage,
    problem_id: problemId,
    finished,
    tokens,
    ...rest
  } = rowSchema.parse(value);
  const rewards = Object.entries(rest).map(([name, reward]): [string, number | undefined] => [
    name,
    typeof reward === 'number' ? reward : undefined,
  ]);
  return { step, prompt, completion, rewards: Object.fromEntries(rewards), advantage, problemId, finished, tokens };
}

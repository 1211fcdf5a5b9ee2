import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Problem } from '../../../core/contracts/dataset.ts';
import { identifyProblem, type ProblemIdentity } from '../../../core/problems/identifyProblem.ts';
import { invalidLine, readLines, type FileLine } from './readLines.ts';

/** Which column holds what. */
export interface ColumnNames {
  readonly question: string;
  readonly reference: string;
  readonly reference_after?: string | undefined;
  readonly demonstration?: string | undefined;
  readonly family?: string | undefined;
}

/** A problem of a file, and the split that its text puts it in. */
export interface FileProblem extends Problem {
  readonly split: ProblemIdentity['split'];
}

/** A file's distinct problems in its order, and the hash of its bytes. */
export interface FileContent {
  readonly problems: readonly FileProblem[];
  readonly hash: string;
}

type Row = Readonly<Record<string, unknown>>;

/** Reads a JSONL file; of problems with the same question the first counts. Throws `dataset/invalid` with file and line. */
export async function readRows(file: string, columns: ColumnNames): Promise<FileContent> {
  const hash = createHash('sha256');
  const problems = new Map<string, FileProblem>();
  for await (const line of readLines(file, (bytes) => hash.update(bytes))) {
    if (line.text.trim() !== '') {
      const problem = readProblem(file, line, columns);
      if (!problems.has(problem.id)) {
        problems.set(problem.id, problem);
      }
    }
  }
  return { problems: [...problems.values()], hash: hash.digest('hex') };
}

function readProblem(file: string, line: FileLine, columns: ColumnNames): FileProblem {
  const row = parseRow(file, line);
  const text = (column: string): string => readText(file, line, row, column);
  const question = text(columns.question);
  if (question.trim() === '') {
    throw invalidLine(file, line.number, `the column "${columns.question}" is empty`);
  }
  const { demonstration, family } = columns;
  return {
    ...identifyProblem(question),
    question,
    reference: partAfter(file, line, text(columns.reference), columns.reference_after),
    family: family === undefined ? path.basename(file, path.extname(file)) : text(family),
    ...(demonstration === undefined ? {} : { demonstration: text(demonstration) }),
  };
}

function parseRow(file: string, line: FileLine): Row {
  let row: unknown;
  try {
    row = JSON.parse(line.text);
  } catch (error) {
    throw invalidLine(file, line.number, 'the line is not JSON', { cause: error });
  }
  if (typeof row !== 'object' || !row || Array.isArray(row)) {
    throw invalidLine(file, line.number, 'the line is not a JSON object');
  }
  return row as Row;
}

function readText(file: string, line: FileLine, row: Row, column: string): string {
  if (!Object.hasOwn(row, column)) {
    const names = Object.keys(row).slice(0, 20).join(', ');
    throw invalidLine(file, line.number, `there is no column "${column}"; the line has: ${names || 'none'}`);
  }
  const value = row[column];
  if (typeof value === 'number' && (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER)) {
    throw invalidLine(
      file,
      line.number,
      `the number in column "${column}" is too large to be exact; write it as a string`,
    );
  }
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw invalidLine(file, line.number, `the column "${column}" must hold a string or a number`);
  }
  return String(value);
}

function partAfter(file: string, line: FileLine, text: string, marker: string | undefined): string {
  if (marker === undefined) {
    return text;
  }
  const place = text.lastIndexOf(marker);
  if (place < 0) {
    throw invalidLine(file, line.number, `the reference does not hold ${JSON.stringify(marker)} (reference_after)`);
  }
  return text.slice(place + marker.length).trim();
}

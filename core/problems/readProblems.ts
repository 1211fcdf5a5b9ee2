import { statSync } from 'node:fs';
import path from 'node:path';
import type { DataFinding } from '../contracts/dataset.ts';
import { RlvrError } from '../errors.ts';
import { placeholdersOf } from './fillTemplate.ts';
import { mapRow, type ChosenColumns, type RowProblem } from './mapRow.ts';
import { columnList, type RowOptions } from './rowOptions.ts';
import { hashDataFile, invalidFile } from './rows/dataFile.ts';
import { readRows, type TableFile } from './rows/readRows.ts';
import { columnValue, type Row } from './rows/row.ts';

/** What stands in some files. */
export interface TableContent {
  /** Distinct problems in the files' order. */
  readonly problems: readonly RowProblem[];
  readonly findings: readonly DataFinding[];
  /** Of each file's bytes. */
  readonly hashes: readonly string[];
}

/** Characters of text that are kept in memory. */
const mostCharacters = 2 ** 30;
const listed = 5;
const mostKept = 6;

const kept = new Map<string, Promise<TableContent>>();

/**
 * Reads files of rows as one table. Of problems with the same question the first counts. What was read is kept for the next split that is
 * opened, as long as the files do not change. Throws `dataset/invalid` with file and line.
 */
export function readProblems(
  files: readonly TableFile[],
  options: RowOptions,
  family: string | undefined,
): Promise<TableContent> {
  const key = JSON.stringify([files, files.map((file) => stampOf(file.path)), { ...options, limit: 0 }, family]);
  const known = kept.get(key) ?? read(files, options, family);
  kept.delete(key);
  kept.set(key, known);
  known.catch(() => kept.delete(key));
  for (const oldest of kept.keys()) {
    if (kept.size > mostKept) kept.delete(oldest);
  }
  return known;
}

function stampOf(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return '';
  }
}

async function read(
  files: readonly TableFile[],
  options: RowOptions,
  family: string | undefined,
): Promise<TableContent> {
  const table = collectProblems(options.bad_rows);
  const hashes: string[] = [];
  for (const file of files) {
    let columns: ChosenColumns | undefined;
    for await (const row of readRows(file, columnsRead(options))) {
      columns ??= row.problem === undefined ? chooseColumns(row, file, options, family) : undefined;
      table.add(row, columns);
    }
    hashes.push(await hashDataFile(file.path));
  }
  return { ...table.finish(), hashes };
}

function columnsRead(options: RowOptions): readonly string[] {
  const { question, reference, demonstration, family, problem_id: id, difficulty, filter, template } = options;
  const single = [demonstration, family, id, difficulty].filter((column) => column !== undefined);
  return [
    ...columnList(question),
    ...columnList(reference),
    ...single,
    ...Object.keys(filter),
    ...placeholdersOf(template),
  ];
}

/** The first row decides which of several columns a file has. */
function chooseColumns(row: Row, file: TableFile, options: RowOptions, family: string | undefined): ChosenColumns {
  const choose = (names: string | readonly string[]): string => {
    const list = columnList(names);
    return list.find((column) => columnValue(row.values, column) !== undefined) ?? list[0] ?? '';
  };
  return {
    ...options,
    question: choose(options.question),
    reference: choose(options.reference),
    otherFamily: family ?? path.basename(file.name, path.extname(file.name)),
  };
}

interface Collector {
  add(row: Row, columns: ChosenColumns | undefined): void;
  finish(): Omit<TableContent, 'hashes'>;
}

function collectProblems(badRows: RowOptions['bad_rows']): Collector {
  const problems = new Map<string, RowProblem>();
  const ids = new Map<string, string>();
  const findings = countFindings();
  let firstBad: string | undefined;
  const bad: string[] = [];
  let badCount = 0;
  let characters = 0;

  function refuse(place: string, complaint: string, details?: string): void {
    badCount++;
    firstBad ??= `${place}: ${complaint}${details === undefined ? '' : `; ${details}`}`;
    if (bad.length < listed) bad.push(place);
    findings.add(`rows left out, since ${complaint}`, place);
  }

  function keep(problem: RowProblem): void {
    const before = problems.get(problem.questionId);
    if (before !== undefined) {
      const isSame = before.reference.trim() === problem.reference.trim();
      findings.add(
        isSame ? 'repeated questions, which count once' : 'repeated questions with another reference; the first counts',
        problem.place,
      );
      return;
    }
    const other = ids.get(problem.id);
    if (other !== undefined) {
      refuse(problem.place, 'another row has the same id', `"${problem.id}" is the id of ${other}`);
      return;
    }
    ids.set(problem.id, problem.place);
    problems.set(problem.questionId, problem);
    const { question, reference, demonstration = '', prompt = '' } = problem;
    characters += question.length + reference.length + demonstration.length + prompt.length;
    if (characters > mostCharacters) {
      throw invalidFile(
        problem.place,
        'there is more text than fits in memory; choose rows by `filter` or fewer files',
      );
    }
  }

  return {
    add: (row, columns) => {
      const mapped = columns === undefined ? { complaint: row.problem ?? '' } : mapRow(row, columns);
      if ('problem' in mapped) keep(mapped.problem);
      else if ('filtered' in mapped) findings.add('rows left out by filter, length or difficulties', row.place);
      else refuse(row.place, mapped.complaint, 'details' in mapped ? mapped.details : undefined);
    },
    finish: () => {
      if (firstBad !== undefined && badRows === 'refuse') throw badRowsError(firstBad, badCount, bad);
      return { problems: [...problems.values()], findings: findings.all() };
    },
  };
}

function badRowsError(first: string, count: number, places: readonly string[]): RlvrError {
  const others = count - 1;
  const more =
    others === 0
      ? ''
      : ` ${others} more ${others === 1 ? 'row has' : 'rows have'} something wrong: ${list(places.slice(1), others)}.`;
  return new RlvrError('dataset/invalid', `${first}.${more} \`bad_rows: skip\` leaves such rows out and counts them.`, {
    count,
    places,
  });
}

function list(places: readonly string[], count: number): string {
  return `${places.join(', ')}${count > places.length ? ', ...' : ''}`;
}

/** Counts what was found, with the first places of each. */
function countFindings(): { add(what: string, place: string): void; all(): readonly DataFinding[] } {
  const found = new Map<string, { count: number; first: string[] }>();
  return {
    add: (what, place) => {
      const entry = found.get(what) ?? { count: 0, first: [] };
      found.set(what, entry);
      entry.count++;
      if (entry.first.length < listed) entry.first.push(place);
    },
    all: () => [...found].map(([what, entry]) => ({ what, ...entry })),
  };
}

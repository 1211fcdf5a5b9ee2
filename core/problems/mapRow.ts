import type { Problem } from '../contracts/dataset.ts';
import { findBoxes } from '../verifier/extraction/boxes.ts';
import { fillTemplate } from './fillTemplate.ts';
import { identifyProblem, type ProblemIdentity } from './identifyProblem.ts';
import { matchesCondition, numberIn } from './matchesCondition.ts';
import { readConversation, type AskedQuestion } from './readConversation.ts';
import type { RowOptions } from './rowOptions.ts';
import { columnValue, kindOf, type Row } from './rows/row.ts';

/** A problem of a file: where it stands, and the split that its text puts it in. */
export interface RowProblem extends Problem {
  readonly place: string;
  readonly split: ProblemIdentity['split'];
  /** The hash of its question, whatever its id. */
  readonly questionId: string;
}

/** The columns of one file, chosen among those that the options allow. */
export interface ChosenColumns extends Omit<RowOptions, 'question' | 'reference'> {
  readonly question: string;
  readonly reference: string;
  /** Kind of task of rows that do not say theirs. */
  readonly otherFamily: string;
}

/** What became of a row: a problem, nothing since a filter leaves it out, or nothing since something is wrong with it. */
export type MappedRow =
  | { readonly problem: RowProblem }
  | { readonly filtered: true }
  | { readonly complaint: string; readonly details?: string };

/** Why a row cannot be used. */
class Complaint extends Error {
  readonly details: string | undefined;

  constructor(message: string, details?: string) {
    super(message);
    this.details = details;
  }
}

/** Makes a problem of a row. Never throws. */
export function mapRow(row: Row, columns: ChosenColumns): MappedRow {
  if (row.problem !== undefined) return { complaint: row.problem };
  try {
    return map(row, columns);
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    return { complaint: error.message, ...(error.details === undefined ? {} : { details: error.details }) };
  }
}

function map({ values, place }: Row, columns: ChosenColumns): MappedRow {
  for (const [column, condition] of Object.entries(columns.filter)) {
    if (!matchesCondition(presentValue(values, column), condition)) return { filtered: true };
  }
  const { question, context } = readQuestion(values, columns.question);
  if (!isWithin(question.length, columns.length)) return { filtered: true };
  const difficulty = readDifficulty(values, columns.difficulty);
  if (difficulty !== undefined && !isWithin(difficulty, columns.difficulties)) return { filtered: true };
  const identity = identifyProblem(question);
  const prompt = fillTemplate(columns.template, (name) => (name === 'question' ? question : readText(values, name)));
  const { demonstration, family, problem_id: id } = columns;
  return {
    problem: {
      id: id === undefined ? identity.id : readText(values, id),
      question,
      reference: readReference(values, columns),
      family: family === undefined ? columns.otherFamily : readText(values, family),
      ...(demonstration === undefined ? {} : { demonstration: readText(values, demonstration) }),
      ...(prompt === question ? {} : { prompt }),
      ...(context.length === 0 ? {} : { context }),
      ...(difficulty === undefined ? {} : { difficulty }),
      place,
      split: identity.split,
      questionId: identity.id,
    },
  };
}

function presentValue(values: Row['values'], column: string): unknown {
  const value = columnValue(values, column);
  if (value !== undefined) return value;
  const names = Object.keys(values);
  const shown = names.slice(0, 20).join(', ') + (names.length > 20 ? ', ...' : '');
  throw new Complaint(`there is no column "${column}"`, `the row has: ${shown === '' ? 'none' : shown}`);
}

function readQuestion(values: Row['values'], column: string): AskedQuestion {
  const value = presentValue(values, column);
  const asked = Array.isArray(value) ? readConversation(value) : { question: textOf(value, column), context: [] };
  if (asked === undefined) {
    throw new Complaint(
      `the column "${column}" holds a list that is no conversation of {role, content} with a user message`,
    );
  }
  if (asked.question.trim() === '') throw new Complaint(`the column "${column}" is empty`);
  return asked;
}

function readReference(values: Row['values'], columns: ChosenColumns): string {
  const { reference: column, reference_after: marker, reference_from: from } = columns;
  const text = readText(values, column);
  const place = marker === undefined ? 0 : text.lastIndexOf(marker);
  if (place < 0) throw new Complaint(`the reference does not hold ${JSON.stringify(marker)} (reference_after)`);
  const after = marker === undefined ? text : text.slice(place + marker.length).trim();
  const last = from === 'text' ? undefined : findBoxes(after).at(-1);
  const box = last && after.slice(last.start, last.end);
  if (from === 'box' && box === undefined) throw new Complaint('the reference holds no \\boxed{} (reference_from)');
  const reference = box ?? after;
  if (reference.trim() === '') throw new Complaint(`the reference in column "${column}" is empty`);
  return reference;
}

function readDifficulty(values: Row['values'], column: string | undefined): number | undefined {
  if (column === undefined) return undefined;
  const difficulty = numberIn(presentValue(values, column));
  if (difficulty === undefined) throw new Complaint(`the column "${column}" holds no number`);
  return difficulty;
}

/** A text, or a number as text; a list of one entry is that entry. */
function readText(values: Row['values'], column: string): string {
  const value = presentValue(values, column);
  return textOf(Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value, column);
}

function textOf(value: unknown, column: string): string {
  if (typeof value === 'number' && (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER)) {
    throw new Complaint(`the number in column "${column}" is too large to be exact; write it as a string`);
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return String(value);
  throw new Complaint(`the column "${column}" must hold a string or a number`, `it holds ${kindOf(value)}`);
}

function isWithin(value: number, range: readonly [number, number] | undefined): boolean {
  return range === undefined || (value >= range[0] && value <= range[1]);
}

import type { z } from 'zod';
import { didYouMean } from '../didYouMean.ts';
import { RlvrError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { isWholeNumber, pathsOfKey, schemaKeys } from './schemaKeys.ts';
import { formatLocation, formatPath, valueAt } from './source.ts';
import type { Location, PathPart } from './source.ts';

/** One thing wrong with an experiment. */
export interface ExperimentIssue {
  readonly code: ErrorCode;
  readonly path: readonly PathPart[];
  /** What was expected and what was found. */
  readonly message: string;
}

/** What issues are explained against: the schema, and the data that it refused. */
export interface Checked {
  readonly schema: z.core.$ZodType;
  readonly data: unknown;
  /** Other spellings of the schema's keys. */
  readonly aliases?: readonly string[];
  /** What the data is as a whole; an experiment when left out. */
  readonly whole?: string;
}

/** What a schema found wrong, in words, with paths that begin with `prefix`. */
export function explainIssues(
  error: z.core.$ZodError,
  checked: Checked,
  prefix: readonly PathPart[] = [],
): readonly ExperimentIssue[] {
  return error.issues.flatMap((issue) => explainIssue(issue, checked, prefix));
}

/** One issue for a key that does not exist: suggests the nearest key, or where the key does exist, and lists the keys there are. */
export function unknownKeyIssue(
  key: string,
  path: readonly PathPart[],
  { schema, data, aliases = [], whole = 'an experiment' }: Checked,
  prefix: readonly PathPart[],
): ExperimentIssue {
  const keys = [...(schemaKeys(schema, path, data) ?? []), ...(path.length === 0 ? aliases : [])];
  const elsewhere = pathsOfKey(schema, key);
  const hint = elsewhere.length > 0 ? ` Did you mean "${elsewhere.join('" or "')}"?` : didYouMean(key, keys);
  const place = path.length + prefix.length === 0 ? whole : `"${formatPath([...prefix, ...path])}"`;
  const list = keys.length === 0 ? `${place} takes no keys here` : `the keys of ${place} are: ${keys.join(', ')}`;
  return {
    code: 'config/unknown-key',
    path: [...prefix, ...path, key],
    message: `there is no such key.${hint} ${upperFirst(list)}.`,
  };
}

/** The error for what is wrong with an experiment: one line for each issue, with the place where it was written. */
export function experimentError(
  file: string,
  issues: readonly ExperimentIssue[],
  locate: (path: readonly PathPart[]) => Location,
): RlvrError {
  const told = issues.map(({ code, path, message }) => {
    const place = formatLocation(file, locate(path));
    return { code, path: formatPath(path), place, message };
  });
  const lines = told.map(({ path, place, message }) => [place, path, message].filter((part) => part !== '').join(': '));
  const codes = new Set(issues.map((issue) => issue.code));
  const [code = 'config/invalid'] = codes.size === 1 ? codes : [];
  const message =
    lines.length === 1 ? lines.join('') : `${file} has ${lines.length} problems:\n  ${lines.join('\n  ')}`;
  return new RlvrError(code, message, { file, issues: told });
}

/** A value as a message shows it: short, on one line. */
function formatValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'keys with values';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function explainIssue(issue: z.core.$ZodIssue, checked: Checked, prefix: readonly PathPart[]): ExperimentIssue[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKeyIssue(key, path, checked, prefix));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    return explainIssue(nearestBranch(issue.errors, path, valueAt(checked.data, path)), checked, prefix);
  }
  const message = explain(issue, valueAt(checked.data, path), isWholeNumber(checked.schema, path, checked.data));
  return [{ code: 'config/invalid', path: [...prefix, ...path], message }];
}

/** The branch of a union that came furthest is the one that the user meant. */
function nearestBranch(
  branches: readonly z.core.$ZodIssue[][],
  path: readonly PathPart[],
  found: unknown,
): z.core.$ZodIssue {
  const [first] = branches.flat().sort((a, b) => b.path.length - a.path.length);
  if (first === undefined) throw new Error('a union without branches refused a value');
  const types = branches.flatMap(([issue]) =>
    issue?.code === 'invalid_type' && issue.path.length === 0 ? [typeName(issue.expected)] : [],
  );
  if (first.path.length === 0 && types.length === branches.length) {
    const message = `expected ${types.join(' or ')}, got ${formatValue(found)}`;
    return { code: 'custom', path: [...path], message };
  }
  return { ...first, path: [...path, ...first.path] };
}

function explain(issue: z.core.$ZodIssue, found: unknown, isWhole: boolean): string {
  const got = `, got ${formatValue(found)}`;
  switch (issue.code) {
    case 'invalid_type': {
      const expected = `expected ${typeName(isWhole ? 'int' : issue.expected)}`;
      return found === undefined ? `is missing; ${expected}` : `${expected}${got}`;
    }
    case 'invalid_value':
      // What a schema says in its own words is better than the list of what it takes.
      return issue.message.startsWith('Invalid ') ? explainChoice(issue.values, found) : issue.message;
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? explainChoice(issue.options, found)
        : `not possible${got}`;
    case 'too_small':
      return `expected ${bound(issue.inclusive === false ? 'more than' : 'at least', issue.minimum, issue.origin)}${got}`;
    case 'too_big':
      return `expected ${bound(issue.inclusive === false ? 'less than' : 'at most', issue.maximum, issue.origin)}${got}`;
    case 'not_multiple_of':
      return `expected a multiple of ${issue.divisor}${got}`;
    case 'invalid_format':
      return `expected ${issue.message}${got}`;
    default:
      return issue.message;
  }
}

function explainChoice(values: readonly unknown[], found: unknown): string {
  const names = values.map(String);
  const hint = typeof found === 'string' ? didYouMean(found, names) : '';
  const got = found === undefined ? 'is missing; expected' : `expected ${names.length > 1 ? 'one of ' : ''}`.trimEnd();
  return `${got} ${names.join(', ')}${found === undefined ? '' : `, got ${formatValue(found)}`}${hint === '' ? '' : `.${hint}`}`;
}

function bound(relation: string, limit: number | bigint, origin: string): string {
  if (origin === 'string') return `${relation} ${limit} ${limit === 1 ? 'character' : 'characters'}`;
  if (origin === 'array' || origin === 'set') return `${relation} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  return `${relation} ${limit}`;
}

function typeName(type: string): string {
  const names: Readonly<Record<string, string>> = {
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    tuple: 'a list',
    object: 'keys with values',
    record: 'keys with values',
  };
  return names[type] ?? type;
}

function upperFirst(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

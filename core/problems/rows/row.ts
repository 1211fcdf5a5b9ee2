/** A row of a table as it was read, or why it could not be. */
export interface Row {
  /** Where it stands: `problems.jsonl:17`. */
  readonly place: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Why there are no values. */
  readonly problem?: string;
}

/**
 * The value of a column: a name, or a path into nested values, as in `reward_model.ground_truth` and `prompt.0.content`. A column that
 * has the whole path for a name comes first. Undefined where there is none.
 */
export function columnValue(values: Readonly<Record<string, unknown>>, column: string): unknown {
  if (Object.hasOwn(values, column)) return values[column];
  let value: unknown = values;
  for (const part of column.split('.')) {
    if (typeof value !== 'object' || !value || !Object.hasOwn(value, part)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[part];
  }
  return value;
}

/** What a value is, for messages. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : value ? 'an object' : 'null';
  return `a ${typeof value}`;
}

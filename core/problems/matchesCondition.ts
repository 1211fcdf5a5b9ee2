import type { Condition } from './rowOptions.ts';

/** Whether a column's value is what a filter asks for. Of a list one entry is enough. */
export function matchesCondition(value: unknown, condition: Condition): boolean {
  if (Array.isArray(value)) return value.some((entry) => matchesCondition(entry, condition));
  if (typeof condition !== 'object' || Array.isArray(condition)) return isOneOf(value, condition);
  const { min, max, not, contains } = condition;
  const number = numberIn(value);
  return (
    (min === undefined || (number !== undefined && number >= min)) &&
    (max === undefined || (number !== undefined && number <= max)) &&
    (not === undefined || !isOneOf(value, not)) &&
    (contains === undefined || textOf(value).includes(contains))
  );
}

/** A number, or the first one in a text: `Level 3` is 3. */
export function numberIn(value: unknown): number | undefined {
  const number =
    typeof value === 'string' ? Number(/[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?/iu.exec(value)?.[0] ?? NaN) : Number(value);
  const isNumber = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string';
  return isNumber && Number.isFinite(number) ? number : undefined;
}

function isOneOf(value: unknown, wanted: Condition): boolean {
  const choices: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
  return choices.some((choice) => textOf(choice) === textOf(value));
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

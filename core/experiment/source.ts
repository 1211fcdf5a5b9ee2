/** A key or list index on the way to a value. */
export type PathPart = string | number;

/** Where a value was written: in a file (`file` where it is another than the one that is read), or on the command line. */
export type Location =
  | { readonly kind: 'file'; readonly line: number; readonly column: number; readonly file?: string }
  | { readonly kind: 'override'; readonly text: string };

/** Keys with which plain data could reach the prototype of objects. */
export const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** `file:line:column`, or the override as it was typed. */
export function formatLocation(file: string, location: Location): string {
  return location.kind === 'file' ? `${location.file ?? file}:${location.line}:${location.column}` : location.text;
}

/** For example `rewards.0.weight`. */
export function formatPath(path: readonly PathPart[]): string {
  return path.join('.');
}

/** The value at a path in plain data; undefined where there is none. */
export function valueAt(data: unknown, path: readonly PathPart[]): unknown {
  let value = data;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<PathPart, unknown>)[part];
  }
  return value;
}

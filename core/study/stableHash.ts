import { createHash } from 'node:crypto';

/** 16 hexadecimal digits of the SHA-256 of a value's JSON, with keys in order: the same for equal values, however they were written. */
export function stableHash(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value) ?? ''))
    .digest('hex')
    .slice(0, 16);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, inside]) => [key, sorted(inside)]));
}

import { readdirSync } from 'node:fs';
import path from 'node:path';

/** Whether a path with `/` matches a pattern, in which `*` stands for any part of a name and `**` for any folders. */
export function matchesPattern(file: string, pattern: string): boolean {
  const parts = pattern.split(/(\*\*\/|\*\*|\*|\?)/u).map((part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : part.replace(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`);
  });
  return new RegExp(`^${parts.join('')}$`, 'u').test(file);
}

/**
 * The files that a path names, in the order of their names: itself, or all that match where its last part has a `*`. Absolute; empty
 * where nothing matches.
 */
export function matchFiles(baseFolder: string, pattern: string): readonly string[] {
  const absolute = path.resolve(baseFolder, pattern);
  const name = path.basename(absolute);
  if (!name.includes('*')) return [absolute];
  const folder = path.dirname(absolute);
  return namesIn(folder)
    .filter((entry) => matchesPattern(entry, name))
    .sort()
    .map((entry) => path.join(folder, entry));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [] : [entry.name]));
  } catch {
    return [];
  }
}

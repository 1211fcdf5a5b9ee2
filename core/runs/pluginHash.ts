import { createHash } from 'node:crypto';

const registered = new WeakMap<object, string>();

/** Says the hash of a plugin that was loaded from a file of its own, which covers all of its code. */
export function registerPluginHash(plugin: object, hash: string): void {
  registered.set(plugin, hash);
}

/**
 * SHA-256 of a plugin as it is loaded: the source text of its functions and its plain values, hooks included. Code that
 * it imports is not seen here; the hash of the whole program file, which the run records too, covers that.
 */
export function pluginHash(plugin: object): string {
  const known = registered.get(plugin);
  if (known !== undefined) return known;
  const hash = createHash('sha256');
  describe(plugin, '', hash, new Set());
  return hash.digest('hex');
}

function describe(value: unknown, name: string, hash: ReturnType<typeof createHash>, seen: Set<object>): void {
  if (typeof value === 'function') {
    hash.update(`${name}=${Function.prototype.toString.call(value)}\n`);
    return;
  }
  if (typeof value !== 'object' || value === null) {
    hash.update(`${name}=${String(value)}\n`);
    return;
  }
  // A schema is a web of closures, the same in every plugin; what it accepts shows in the experiment.
  if (seen.has(value) || '_zod' in value) return;
  seen.add(value);
  for (const key of Object.keys(value).sort())
    describe((value as Record<string, unknown>)[key], `${name}.${key}`, hash, seen);
}

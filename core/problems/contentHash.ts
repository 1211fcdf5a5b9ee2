import { createHash } from 'node:crypto';

/** SHA-256 of the parts in order, as 64 hexadecimal digits; objects as their JSON. */
export function contentHash(...parts: readonly (Uint8Array | string | object)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes =
      part instanceof Uint8Array ? part : Buffer.from(typeof part === 'string' ? part : JSON.stringify(part));
    hash.update(`${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex');
}

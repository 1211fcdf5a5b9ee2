import { existsSync } from 'node:fs';
import path from 'node:path';

/** Where golden data lies: `RLVR_GOLDEN`, else `test/golden`. Other data in the same formats may stand there. */
function goldenFolder(): string {
  return path.resolve(process.env['RLVR_GOLDEN'] ?? path.join(import.meta.dirname, 'golden'));
}

/** A path inside the golden folder. */
export function goldenPath(...parts: string[]): string {
  return path.join(goldenFolder(), ...parts);
}

/** Whether the golden folder holds this file or folder. */
export function hasGolden(...parts: string[]): boolean {
  return existsSync(goldenPath(...parts));
}

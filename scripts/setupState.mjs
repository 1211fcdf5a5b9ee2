// What was installed and built last, kept where it disappears together with what it describes. Only Node's own modules.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const stateFile = ['node_modules', '.rlvr-lab-setup.json'];

/**
 * @param {string} root
 * @returns {{ lock?: string, sources?: string }}
 */
export function readSetupState(root) {
  try {
    return JSON.parse(readFileSync(join(root, ...stateFile), 'utf8'));
  } catch {
    return {};
  }
}

/**
 * @param {string} root
 * @param {{ lock?: string, sources?: string }} change
 */
export function writeSetupState(root, change) {
  const path = join(root, ...stateFile);
  mkdirSync(join(root, stateFile[0]), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, `${JSON.stringify({ ...readSetupState(root), ...change })}\n`);
  renameSync(`${path}.${process.pid}`, path);
}

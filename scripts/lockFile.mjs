// A lock between processes of one machine: a file that holds its owner's process id.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Runs `action` while no other process holds the lock file `path`; waits for one that does, and takes over from one that died.
 * @template T
 * @param {string} path
 * @param {(line: string) => void} log
 * @param {() => Promise<T>} action
 * @returns {Promise<T>}
 */
export async function withLock(path, log, action) {
  let announced = false;
  while (!acquire(path)) {
    if (!announced) log(`Waiting for another process that holds ${path}`);
    announced = true;
    await delay(500);
  }
  try {
    return await action();
  } finally {
    rmSync(path, { force: true });
  }
}

function acquire(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (ownerIsAlive(path)) return false;
  rmSync(path, { force: true });
  return false;
}

function ownerIsAlive(path) {
  let owner;
  try {
    owner = Number(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return true;
    throw error;
  }
  // Between a rival's creation of the file and its writing of the id the file is empty.
  if (owner === 0) return true;
  try {
    process.kill(owner, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

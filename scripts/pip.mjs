// Runs pip with progress that reads well both in a terminal and in a log.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const keptLines = 25;
const progressLine = /^Progress (\d+) of (\d+)$/;
const noteworthy = /^(Downloading|Using cached|Installing|Building|Successfully)/;

/**
 * Runs `python -m pip ...args`, passing on what it downloads and installs. Rejects with pip's last lines where pip fails.
 * @param {string} python
 * @param {string[]} args
 * @param {(line: string) => void} log
 * @returns {Promise<void>}
 */
export function runPip(python, args, log) {
  const child = spawn(python, ['-m', 'pip', '--disable-pip-version-check', '--no-input', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const last = [];
  const show = progressPrinter(log);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      const text = line.trim();
      if (text === '') return;
      if (!progressLine.test(text)) last.push(text);
      if (last.length > keptLines) last.shift();
      show(text);
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(`pip ${args[0]} failed (${signal ?? `exit code ${code}`}). Its last lines:\n${last.join('\n')}`),
        );
    });
  });
}

/** In a terminal a line that counts up; elsewhere one line for each quarter of a large file. */
function progressPrinter(log) {
  const large = 50e6;
  let quarter = 0;
  let open = false;
  return (line) => {
    const [, done, total] = (progressLine.exec(line) ?? []).map(Number);
    if (total === undefined) {
      if (open) process.stderr.write('\n');
      open = false;
      quarter = 0;
      if (noteworthy.test(line)) log(`  ${line.length > 160 ? `${line.slice(0, 157)}...` : line}`);
      return;
    }
    if (total < large) return;
    const text = `    ${(done / 1e6).toFixed(0)} of ${(total / 1e6).toFixed(0)} MB`;
    if (process.stderr.isTTY) {
      process.stderr.write(`\r${text}`);
      open = true;
    } else if (Math.floor((4 * done) / total) > quarter) {
      quarter = Math.floor((4 * done) / total);
      log(text);
    }
  };
}

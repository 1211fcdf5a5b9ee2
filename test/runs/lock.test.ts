import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { acquireLock, lockHolder } from '../../core/runs/lock.ts';
import { isProcessRunning, processStartTime } from '../../core/runs/processes.ts';
import { temporaryFolder } from './folder.ts';
import { buildProgram, startProgram } from './program.ts';

const holdLock = `
import { acquireLock } from '../../core/runs/lock.ts';
try {
  await acquireLock(process.argv[2]);
  console.log('held');
  setInterval(() => undefined, 1000);
} catch (error) {
  console.log(error.code + ' ' + error.fields.pid);
}`;

describe('acquireLock', () => {
  it('is there until it is released', async () => {
    const run = temporaryFolder();
    const lock = await acquireLock(run);
    expect(lockHolder(run)).toMatchObject({ pid: process.pid, host: os.hostname() });
    lock.release();
    expect(lockHolder(run)).toBeUndefined();
    (await acquireLock(run)).release();
  });

  it('refuses a second process and names the first, until the first is killed', async () => {
    const run = temporaryFolder();
    const file = buildProgram(temporaryFolder(), holdLock);
    const first = startProgram(file, [run]);
    await first.printed('held');
    await expect(acquireLock(run)).rejects.toMatchObject({
      code: 'run/locked',
      fields: { pid: first.child.pid },
      message: expect.stringContaining(`Process ${first.child.pid} is working on this run.`) as string,
    });
    first.child.kill('SIGKILL');
    await first.ended();
    (await acquireLock(run)).release();
  });

  it('lets exactly one of several processes in, also over the lock of a dead one', async () => {
    const run = temporaryFolder();
    const file = buildProgram(temporaryFolder(), holdLock);
    const dead = startProgram(file, [run]);
    await dead.printed('held');
    dead.child.kill('SIGKILL');
    await dead.ended();
    const programs = Array.from({ length: 6 }, () => startProgram(file, [run]));
    const lines = await Promise.all(
      programs.map((program) => Promise.race([program.printed('held'), program.printed('run/')])),
    );
    const holders = programs.filter((_, index) => lines[index] === 'held');
    for (const program of programs) program.child.kill('SIGKILL');
    await Promise.all(programs.map((program) => program.ended()));
    expect(holders).toHaveLength(1);
    for (const line of lines) expect(['held', `run/locked ${holders[0]?.child.pid}`]).toContain(line);
  });

  it('does not count a process that got the id of a dead one', async () => {
    const run = temporaryFolder();
    const startTime = processStartTime(process.pid);
    if (startTime === undefined) return;
    mkdirSync(path.join(run, 'locks'));
    const file = path.join(run, 'locks', `${process.pid}-0123456789ab.json`);
    writeFileSync(file, JSON.stringify({ pid: process.pid, startTime: '1', host: os.hostname() }));
    expect(lockHolder(run)).toBeUndefined();
    expect(readdirSync(path.join(run, 'locks'))).toEqual([]);
    (await acquireLock(run)).release();
  });

  it('believes a process of another host, and says how to get rid of it', async () => {
    const run = temporaryFolder();
    mkdirSync(path.join(run, 'locks'));
    writeFileSync(path.join(run, 'locks', '1-0123456789ab.json'), JSON.stringify({ pid: 1, host: 'elsewhere' }));
    await expect(acquireLock(run)).rejects.toMatchObject({
      code: 'run/locked',
      message: `Process 1 on elsewhere is working on this run. If that machine is gone, delete ${path.join(run, 'locks')}.`,
    });
  });

  it('knows a torn lock file by its name, and passes over files that are none', async () => {
    const run = temporaryFolder();
    mkdirSync(path.join(run, 'locks'));
    writeFileSync(path.join(run, 'locks', `${process.pid}-0123456789ab.json`), '{"pi');
    writeFileSync(path.join(run, 'locks', 'notes.txt'), 'x');
    expect(lockHolder(run)).toEqual({ pid: process.pid, host: os.hostname() });
    await expect(acquireLock(run)).rejects.toMatchObject({ code: 'run/locked' });
  });
});

describe('isProcessRunning', () => {
  it('knows the living from the dead', async () => {
    expect(isProcessRunning(process.pid, processStartTime(process.pid))).toBe(true);
    const program = startProgram(buildProgram(temporaryFolder(), 'process.exit(0)'), []);
    await program.ended();
    expect(isProcessRunning(program.child.pid!, undefined)).toBe(false);
  });
});

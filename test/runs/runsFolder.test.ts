import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findRunsFolder } from '../../core/runs/runsFolder.ts';
import { temporaryFolder } from './folder.ts';

describe('findRunsFolder', () => {
  it('takes the option, then the environment, then the nearest .rlvr upward, then the current folder', () => {
    const folder = temporaryFolder();
    const deep = path.join(folder, 'a', 'b');
    mkdirSync(deep, { recursive: true });
    expect(findRunsFolder(deep, 'x', 'y')).toBe(path.join(deep, 'x'));
    expect(findRunsFolder(deep, undefined, 'y')).toBe(path.join(deep, 'y'));
    expect(findRunsFolder(deep, undefined, '')).toBe(path.join(deep, '.rlvr', 'runs'));
    mkdirSync(path.join(folder, '.rlvr'));
    expect(findRunsFolder(deep, undefined, undefined)).toBe(path.join(folder, '.rlvr', 'runs'));
  });
});

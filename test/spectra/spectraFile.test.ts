import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forgetSpectraAfter, spectraFileName, spectraSteps } from '../../core/runs/spectraFiles.ts';
import { readSpectra, writeSpectra } from '../../core/spectra/spectraFile.ts';
import { spectraRecord } from './records.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'rlvr-spectra-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('spectra files', () => {
  it('read as they were written, to nine digits', () => {
    const file = path.join(folder, 'spectra', spectraFileName(3));
    const record = spectraRecord({ top: 1 / 3, half: 0.5 }, 3);
    writeSpectra(file, record);
    expect(readSpectra(file)).toEqual({
      ...record,
      layers: spectraRecord({ top: 0.333333333, half: 0.5 }, 3).layers,
    });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ format: 1, kind: 'rlvr-lab/spectra' });
  });

  it.each([
    ['no JSON', '{'],
    ['of another version', JSON.stringify({ ...spectraRecord({ top: 0, half: 0 }), format: 2 })],
    ['with text for a number', JSON.stringify(spectraRecord({ top: 0, half: 0 })).replace('0.02', '"much"')],
  ])('are refused by name where they are %s', (_name, text) => {
    const file = path.join(folder, 'step-1.json');
    writeFileSync(file, text);
    expect(() => readSpectra(file)).toThrow(/step-1\.json/);
  });

  it('go beyond the step that a run is put back to', () => {
    for (const step of [10, 2, 30])
      writeSpectra(path.join(folder, spectraFileName(step)), spectraRecord({ top: 0, half: 0 }, step));
    writeFileSync(path.join(folder, 'notes.json'), '');
    expect(spectraSteps(folder)).toEqual([2, 10, 30]);
    forgetSpectraAfter(folder, 10);
    expect(spectraSteps(folder)).toEqual([2, 10]);
    expect(spectraSteps(path.join(folder, 'none'))).toEqual([]);
  });
});

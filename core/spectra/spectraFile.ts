import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { RlvrError } from '../errors.ts';
import { writeFileAtomically } from '../model/atomicFile.ts';
import { readJsonFile } from '../runs/jsonFile.ts';
import { errnoOf, writing } from '../runs/writing.ts';
import { spectraRecordSchema, type SpectraRecord } from './spectraRecord.ts';

/** Writes spectra, whole or not at all; the folder is made. Throws `run/unwritable`. */
export function writeSpectra(file: string, record: SpectraRecord): void {
  writing(file, () => {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileAtomically(file, [Buffer.from(`${JSON.stringify(record, rounded)}\n`)]);
  });
}

/** Reads spectra. Throws `run/not-found`, and `run/corrupt` for what is not of this format. */
export function readSpectra(file: string): SpectraRecord {
  let value: unknown;
  try {
    value = readJsonFile(file);
  } catch (error) {
    if (error instanceof RlvrError) throw error;
    const code = errnoOf(error) === 'ENOENT' ? 'run/not-found' : 'run/corrupt';
    throw new RlvrError(code, `${file} cannot be read: ${String(error)}`, { file }, { cause: error });
  }
  const parsed = spectraRecordSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new RlvrError(
    'run/corrupt',
    `${file} does not hold spectra of this version: ${z.prettifyError(parsed.error)}`,
    {
      file,
    },
  );
}

/** Nine significant digits: more than float32 vectors carry, and half the file. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(9)) : value;
}

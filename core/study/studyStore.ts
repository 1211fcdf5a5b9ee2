import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { RlvrError } from '../errors.ts';
import { writeFileAtomically } from '../model/atomicFile.ts';
import { readJsonFile } from '../runs/jsonFile.ts';
import { acquireLock, lockHolder } from '../runs/lock.ts';
import type { RunLock } from '../runs/lock.ts';
import { writing } from '../runs/writing.ts';
import { studyResultsSchema } from './studyResults.ts';
import type { StudyResults } from './studyResults.ts';

const resultsName = 'results.json';

/** The folder of a study's results: `studies/<name>` beside the runs. */
export function studyFolder(runsFolder: string, name: string): string {
  return path.join(path.dirname(runsFolder), 'studies', name);
}

/** The file of a study's results. */
export function resultsFile(folder: string): string {
  return path.join(folder, resultsName);
}

/** The results of a study; undefined where there are none yet. Throws `run/corrupt` for a file that holds none. */
export function readResults(file: string): StudyResults | undefined {
  if (!existsSync(file)) return undefined;
  const parsed = studyResultsSchema.safeParse(readJsonFile(file));
  if (parsed.success) return parsed.data;
  const reason = z.prettifyError(parsed.error);
  throw new RlvrError('run/corrupt', `${file} does not hold results of a study of this version: ${reason}`, { file });
}

/** Replaces the results of a study, whole or not at all. Throws `run/unwritable`. */
export function saveResults(folder: string, results: StudyResults): void {
  const file = resultsFile(folder);
  writing(file, () => {
    makeStudyFolder(folder);
    // Every trial's run says what came of it, so that results lost with a power cut are made again.
    writeFileAtomically(file, [Buffer.from(`${formatResults(results)}\n`)], { isDurable: false });
  });
}

/** Takes a study for this process. Throws `run/locked` where another one runs it, and `run/unwritable`. */
export async function lockStudy(folder: string, name: string): Promise<RunLock> {
  writing(folder, () => {
    makeStudyFolder(folder);
  });
  try {
    return await acquireLock(folder);
  } catch (error) {
    if (!(error instanceof RlvrError) || error.code !== 'run/locked') throw error;
    const holder = lockHolder(folder);
    const message = `Process ${holder?.pid ?? 'unknown'} runs the study "${name}" already; \`rlvr study status\` shows how far it is.`;
    throw new RlvrError('run/locked', message, { ...error.fields, study: name }, { cause: error });
  }
}

/** JSON with a trial, an arm, a part on a line each: small, and differences between two versions can be read. */
function formatResults(results: StudyResults): string {
  const entries = Object.entries(results).map(([key, value]) => {
    const isList = Array.isArray(value) && value.length > 0;
    const text = isList ? `[\n${value.map((each) => JSON.stringify(each)).join(',\n')}\n]` : JSON.stringify(value);
    return `${JSON.stringify(key)}: ${text}`;
  });
  return `{\n${entries.join(',\n')}\n}`;
}

function makeStudyFolder(folder: string): void {
  const own = path.dirname(path.dirname(folder));
  const isNew = path.basename(own) === '.rlvr' && !existsSync(own);
  mkdirSync(folder, { recursive: true });
  // As with runs: results of a machine, which go into a repository only when somebody puts them there.
  if (isNew) writeFileSync(path.join(own, '.gitignore'), '*\n');
}

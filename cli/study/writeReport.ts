import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { writeFileAtomically } from '../../core/model/atomicFile.ts';
import { writing } from '../../core/runs/writing.ts';
import { studyFiles } from '../../core/study/report/studyFiles.ts';
import type { StudyResults } from '../../core/study/studyResults.ts';
import type { CommandContext } from '../command.ts';
import { writeJson, writeLine } from '../terminal.ts';

const figures = 'figures';

/** Writes the report of a study's results to a folder, its figures of earlier results removed. Throws `run/unwritable`. */
function writeReport(folder: string, results: StudyResults): readonly string[] {
  const files = studyFiles(results);
  writing(folder, () => {
    mkdirSync(path.join(folder, figures), { recursive: true });
    for (const { name, content } of files) {
      writeFileAtomically(path.join(folder, name), [Buffer.from(content)], { isDurable: false });
    }
    const known = new Set(files.map(({ name }) => name));
    for (const name of readdirSync(path.join(folder, figures))) {
      const old = `${figures}/${name}`;
      if (name.endsWith('.svg') && !known.has(old)) rmSync(path.join(folder, old));
    }
  });
  return files.map(({ name }) => path.join(folder, name)).filter(existsSync);
}

/** Writes the report and says where it is. */
export function showReport({ cwd, terminal, json }: CommandContext, folder: string, results: StudyResults): void {
  const files = writeReport(folder, results);
  if (json) {
    writeJson(terminal, { study: results.name, folder, files });
    return;
  }
  const page = files.find((file) => file.endsWith('.html')) ?? folder;
  const drawings = files.filter((file) => file.endsWith('.svg')).length;
  const others = files.filter((file) => !file.endsWith('.svg') && file !== page).map((file) => path.basename(file));
  writeLine(terminal, `Report: ${path.relative(cwd, page) || page}`);
  writeLine(terminal, `Beside it ${others.join(', ')} and ${drawings} figures.`);
}

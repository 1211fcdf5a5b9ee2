import path from 'node:path';
import { RlvrError } from '../../core/errors.ts';
import { readResults, resultsFile, studyFolder } from '../../core/study/studyStore.ts';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import { loadStudy } from './loadStudy.ts';
import type { StudyChoices } from './loadStudy.ts';
import { showReport } from './writeReport.ts';

/** Options of `rlvr study report`. */
export interface ReportFileOptions extends StudyChoices {
  /** Folder of the report; beside the study's results where it is left out. */
  readonly out?: string;
}

/** `rlvr study report`: writes the report of what a study has come to so far. Takes the study, or its `results.json`. */
export async function reportStudyFile(
  context: CommandContext,
  file: string,
  options: ReportFileOptions,
): Promise<number> {
  const { cwd, runsFolder } = context;
  const source = file.endsWith('.json')
    ? path.resolve(cwd, file)
    : resultsFile(
        studyFolder(runsFolder, (await loadStudy(cwd, file, options, await loadCatalog(context))).definition.name),
      );
  const results = readResults(source);
  if (results === undefined) {
    const hint = file.endsWith('.json') ? '' : ` \`rlvr study ${file}\` runs the study.`;
    throw new RlvrError('run/not-found', `There are no results in ${path.relative(cwd, source)} yet.${hint}`, {
      file: source,
    });
  }
  const folder = options.out === undefined ? path.join(path.dirname(source), 'report') : path.resolve(cwd, options.out);
  showReport(context, folder, results);
  return exitCodes.success;
}

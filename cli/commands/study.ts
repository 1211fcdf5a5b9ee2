import { RlvrError } from '../../core/errors.ts';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { loadStudy } from '../study/loadStudy.ts';
import { planStudy } from '../study/planStudy.ts';
import { runStudy } from '../study/runStudy.ts';
import { reportStudyFile } from '../study/reportStudyFile.ts';
import { statusStudy } from '../study/statusStudy.ts';

/** Options of `rlvr study`. */
export interface StudyOptions {
  readonly set: readonly string[];
  readonly quick?: boolean;
  readonly retryFailed?: boolean;
  /** Folder of the report; beside the study's results where it is left out. */
  readonly out?: string;
}

/**
 * `rlvr study FILE`: runs what has not been run of a study. `plan`, `status` and `report` before the file: what it would do, how far it
 * is, what came of it.
 */
export async function studyCommand(
  context: CommandContext,
  actionOrFile: string,
  named: string | undefined,
  options: StudyOptions,
): Promise<number> {
  const file = named ?? actionOrFile;
  const action = named === undefined ? 'run' : actionOrFile;
  if (action === 'report') return reportStudyFile(context, file, options);
  const loaded = await loadStudy(context.cwd, file, options, await loadCatalog(context));
  switch (action) {
    case 'run':
      return runStudy(context, loaded, options);
    case 'plan':
      return planStudy(context, loaded);
    case 'status':
      return statusStudy(context, loaded);
    default:
      throw new RlvrError(
        'usage',
        `There is no "rlvr study ${action}". Give a file, or one of plan, status, report and a file.`,
      );
  }
}

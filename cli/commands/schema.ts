import { RlvrError } from '../../core/errors.ts';
import { experimentJsonSchema } from '../../core/experiment/jsonSchema.ts';
import { studyJsonSchema } from '../../core/study/studyJsonSchema.ts';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import { writeJson } from '../terminal.ts';

const schemas = { experiment: experimentJsonSchema, study: studyJsonSchema };

/** `rlvr schema`: the JSON Schema of experiment files, or of study files, for editors. */
export async function schemaCommand(context: CommandContext, kind = 'experiment'): Promise<number> {
  if (kind !== 'experiment' && kind !== 'study')
    throw new RlvrError('usage', `There is no schema of "${kind}"; there are: experiment, study.`, { kind });
  writeJson(context.terminal, schemas[kind](await loadCatalog(context)));
  return exitCodes.success;
}

import { experimentJsonSchema } from '../../core/experiment/jsonSchema.ts';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import { writeJson } from '../terminal.ts';

/** `rlvr schema`: the JSON Schema of experiment files, for editors. */
export async function schemaCommand(context: CommandContext): Promise<number> {
  writeJson(context.terminal, experimentJsonSchema(await loadCatalog(context)));
  return exitCodes.success;
}

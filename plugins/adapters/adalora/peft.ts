import { z } from 'zod';
import type { PeftAdapter, PeftImport, PeftRefusal, StoredTensor } from '../../../core/contracts/adapter.ts';
import type { ParameterSpec } from '../../../core/contracts/parameter.ts';
import { unusedLoraFields } from '../../../core/lowrank/unusedLoraFields.ts';
import { readPeft, writePeft, type PeftMethod } from '../../../core/lowrank/peftMethod.ts';
import { schema, TOTAL_STEP, type Config } from './options.ts';
import { keptRanks, patternProblem, withPrunedRanks, type RankPattern } from './ranks.ts';

const method: PeftMethod = {
  type: 'ADALORA',
  fixed: { ...unusedLoraFields, bias: 'none' },
  // PEFT's class inherits these from LoraConfig and looks at none of them.
  idle: { alpha_pattern: {}, megatron_core: 'megatron.core', qalora_group_size: 16, r: 8, use_rslora: false },
  targetOptions: ['exclude_modules', 'layers_pattern', 'layers_to_transform'],
  endings: { '.lora_A': '.lora_A', '.lora_B': '.lora_B', '.lora_E': '.lora_E' },
};

const patternSchema = z.record(z.string(), z.array(z.boolean()));

/** The smallest number of steps that PEFT takes is written where the adapter was never trained; PEFT asks for one. */
function totalSteps(config: Config, parameters: readonly (ParameterSpec & StoredTensor)[]): number {
  const trained = parameters.find(({ name }) => name === TOTAL_STEP)?.values[0] ?? 0;
  return config.total_step ?? (trained > 0 ? trained : config.tinit + config.tfinal + 1);
}

/** As PEFT saves it: without the triplets that were pruned, and with `rank_pattern`, which says which those are. */
export function writeAdalora(
  config: Config,
  parameters: readonly (ParameterSpec & StoredTensor)[],
  baseModel: string,
): PeftAdapter {
  const { target_modules, exclude_modules, layers_to_transform, layers_pattern, ...own } = config;
  const { pruned, pattern } = keptRanks(parameters);
  const targets = { target_modules, exclude_modules, layers_to_transform, layers_pattern };
  // eslint-disable-next-line no-restricted-syntax -- PEFT's file writes null where nothing was pruned
  const fields = { ...own, rank_pattern: pattern ?? null, total_step: totalSteps(config, parameters) };
  return writePeft(method, fields, targets, pruned, baseModel);
}

/**
 * Reads what PEFT saved, pruned or not. `init_r` stays what it was, because PEFT scales by it for ever. Pruned triplets are zero throughout
 * and stay so, as they are gone in PEFT.
 */
export function readAdalora({ config, tensors }: PeftAdapter): PeftImport<Config> | PeftRefusal {
  const { rank_pattern: given, ...fields } = config;
  const read = readPeft(method, schema, { config: fields, tensors });
  if ('refused' in read || given === undefined || given === null) return read;
  const pattern = patternSchema.safeParse(given);
  if (!pattern.success) return { refused: `its rank_pattern does not fit: ${z.prettifyError(pattern.error)}` };
  const known: RankPattern = pattern.data;
  const problem = patternProblem(read.parameters, known, read.config.init_r);
  if (problem !== undefined) return { refused: problem };
  return { config: read.config, parameters: withPrunedRanks(read.parameters, known) };
}

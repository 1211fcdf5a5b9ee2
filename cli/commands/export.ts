import path from 'node:path';
import { RlvrError } from '../../core/errors.ts';
import type { GgufDtype } from '../../core/exchange/ggufLora.ts';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import { exportAdapter } from '../exportAdapter.ts';
import { exportEvents } from '../exportEvents.ts';
import { exportModel, modelOutput } from '../exportModel.ts';
import { checkOutputFolder } from '../outputFolder.ts';
import { findRunSubject } from '../subject.ts';

/** Options of `rlvr export`. */
export interface ExportOptions {
  readonly format: 'peft' | 'hf' | 'gguf-lora' | 'tfevents';
  readonly checkpoint?: number | 'best';
  /** A folder; of `gguf-lora` a file. */
  readonly out?: string;
  /** Rank at which the adapter is approximated by plain LoRA. */
  readonly rank?: number;
  /** Of `gguf-lora`. */
  readonly dtype?: GgufDtype;
  /** Whether what an earlier export wrote is replaced. */
  readonly force?: boolean;
}

/** `rlvr export RUN --format FORMAT`: what a run has trained, or its metrics, as other programs read them. */
export async function exportCommand(
  context: CommandContext,
  reference: string,
  options: ExportOptions,
): Promise<number> {
  const { format, rank, dtype, force = false } = options;
  if (rank !== undefined && format !== 'peft' && format !== 'gguf-lora') {
    throw new RlvrError('usage', `--rank makes plain LoRA, which --format ${format} does not hold.`);
  }
  if (dtype !== undefined && format !== 'gguf-lora')
    throw new RlvrError('usage', '--dtype goes with --format gguf-lora.');
  if (format === 'tfevents') return exportEvents(context, reference, { out: options.out, force });
  const subject = findRunSubject(context, reference, options.checkpoint);
  const name = options.out ?? `${subject.name}${format === 'gguf-lora' ? '.gguf' : `-${format}`}`;
  const target = path.resolve(context.cwd, name);
  const catalog = await loadCatalog(context);
  if (format === 'hf') {
    const output = modelOutput(target, name, force);
    checkOutputFolder(output);
    await exportModel(context, subject, output, catalog);
    return exitCodes.success;
  }
  await exportAdapter(context, subject, { format, target, name, rank, dtype, force }, catalog);
  return exitCodes.success;
}

import { existsSync } from 'node:fs';
import path from 'node:path';
import { RlvrError } from '../../core/errors.ts';
import { commentExperiment } from '../../core/experiment/commentExperiment.ts';
import { parseExperiment } from '../../core/experiment/parse.ts';
import { resolveExperiment } from '../../core/experiment/resolve.ts';
import { writeFileAtomically } from '../../core/model/atomicFile.ts';
import { writing } from '../../core/runs/writing.ts';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import { firstChoices } from '../firstChoices.ts';
import { packageFolder } from '../installation.ts';
import { runName } from '../runName.ts';
import { writeJson, writeLine } from '../terminal.ts';

/** Options of `rlvr init`. */
export interface InitOptions {
  /** The model folder to name in the file, as the user gave it. */
  readonly model?: string;
}

const defaultFile = 'experiment.rlvr.yaml';

/** `rlvr init [FILE]`: writes an experiment with every key, its default and what it does. Never overwrites. */
export async function initCommand(
  context: CommandContext,
  file: string | undefined,
  options: InitOptions,
): Promise<number> {
  const { cwd, terminal, json } = context;
  const written = file ?? defaultFile;
  const target = path.resolve(cwd, written);
  if (existsSync(target)) {
    throw new RlvrError('run/unwritable', `${written} exists already. Name another file, or remove it first.`, {
      path: target,
    });
  }
  const catalog = await loadCatalog(context);
  const model = relativeModel(path.dirname(target), path.resolve(cwd, options.model ?? baseModel()));
  const chosen = {
    name: runName(target),
    model: { path: model },
    adapter: { type: catalog.all('adapter')[0]?.id },
    ...firstChoices(catalog),
  };
  const { experiment } = resolveExperiment(parseExperiment(JSON.stringify(chosen), written), catalog);
  const text = commentExperiment(experiment, catalog, headOf(written));
  writing(target, () => {
    writeFileAtomically(target, [Buffer.from(text)]);
  });
  if (json) writeJson(terminal, { file: target, model: path.resolve(path.dirname(target), model) });
  else {
    writeLine(terminal, `Wrote ${written}.`);
    writeLine(terminal, `Next: \`rlvr run ${written}\` trains; \`rlvr plugins\` lists what else there is to choose.`);
  }
  return exitCodes.success;
}

function headOf(file: string): string {
  return [
    'An experiment of RLVR Lab: one training run by reinforcement learning with verifiable rewards.',
    `\`rlvr run ${file}\` trains; \`rlvr plugins\` lists the methods, rewards and data sets with their options.`,
    'Every key stands here with its default. What you leave out keeps it.',
  ].join('\n');
}

function baseModel(): string {
  return path.join(packageFolder(), 'samples', 'base');
}

/** The model's path as it is written: from the file's folder where the model lies below it, else absolute. Slashes on every system. */
function relativeModel(folder: string, model: string): string {
  const relative = path.relative(folder, model);
  const isBelow = relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
  return (isBelow ? relative : model).split(path.sep).join('/');
}

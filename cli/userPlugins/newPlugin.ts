import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { didYouMean } from '../../core/didYouMean.ts';
import { RlvrError } from '../../core/errors.ts';
import { writeFileAtomically } from '../../core/model/atomicFile.ts';
import { writing } from '../../core/runs/writing.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import { packageFolder } from '../installation.ts';
import { writeJson, writeLine } from '../terminal.ts';
import { editorSettings } from './editorSettings.ts';
import { pluginFolderName } from './pluginFolder.ts';

/** Options of `rlvr plugin new`. */
export interface NewPluginOptions {
  readonly dir?: string;
  readonly force?: boolean;
}

/** Kinds that can be begun from a sample. */
const kinds = ['adapter', 'reward', 'optimizer', 'analyzer', 'objective', 'dataset'];
const longestId = 40;
const idPattern = /^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/;

/**
 * `rlvr plugin new KIND NAME`: writes a plugin that works, its test and an experiment that uses it. Throws `usage` for a kind or name that
 * cannot be, `run/unwritable` where a file is there already; nothing is written then.
 */
export async function newPlugin(
  context: CommandContext,
  kind: string,
  id: string,
  options: NewPluginOptions,
): Promise<number> {
  checkNames(kind, id);
  const project = path.resolve(context.cwd, options.dir ?? '.');
  const folder = path.join(project, pluginFolderName);
  const files = [
    { file: path.join(folder, `${id}.ts`), text: sample(kind, `${kind}.ts`, id) },
    { file: path.join(folder, `${id}.test.ts`), text: sample(kind, `${kind}.test.ts`, id) },
    { file: path.join(project, `${id}.rlvr.yaml`), text: sample(kind, `${kind}.rlvr.yaml`, id) },
  ];
  const present = files.find(({ file }) => existsSync(file));
  if (present !== undefined && options.force !== true) {
    const message = `${path.relative(context.cwd, present.file)} exists already. Choose another name, or replace it with --force.`;
    throw new RlvrError('run/unwritable', message, { path: present.file });
  }
  const settings = path.join(folder, 'tsconfig.json');
  const all = existsSync(settings) ? files : [...files, { file: settings, text: editorSettings(folder) }];
  writing(folder, () => {
    mkdirSync(folder, { recursive: true });
    for (const { file, text } of all) writeFileAtomically(file, [Buffer.from(text)]);
  });
  const written = all.map(({ file }) => path.relative(context.cwd, file));
  if (context.json) {
    writeJson(context.terminal, { kind, id, files: all.map(({ file }) => file) });
    return exitCodes.success;
  }
  for (const file of written) writeLine(context.terminal, `Wrote ${file}.`);
  writeLine(
    context.terminal,
    `Next: \`rlvr plugin test ${written[0] ?? ''}\` judges it; \`rlvr run ${written[2] ?? ''}\` trains with it.`,
  );
  return Promise.resolve(exitCodes.success);
}

function checkNames(kind: string, id: string): void {
  if (!kinds.includes(kind)) {
    const message = `There is no sample of a plugin of kind "${kind}".${didYouMean(kind, kinds)} There are: ${kinds.join(', ')}.`;
    throw new RlvrError('usage', message, { kind, choices: kinds });
  }
  if (!idPattern.test(id) || id.length > longestId) {
    const message = `"${id}" is no name of a plugin: lower case words joined by - or _, at most ${longestId} characters.`;
    throw new RlvrError('usage', message, { id });
  }
}

/** A file of `samples/plugins` for a plugin of this id, with the tiny model of the package. */
function sample(kind: string, name: string, id: string): string {
  const text = readFileSync(path.join(packageFolder(), 'samples', 'plugins', name), 'utf8');
  const model = path.join(packageFolder(), 'samples', 'base').split(path.sep).join('/');
  return text
    .replaceAll(`my_${kind}`, id)
    .replaceAll(`'./${kind}.ts'`, `'./${id}.ts'`)
    .replace(/^( +path: )MODEL$/m, `$1${JSON.stringify(model)}`);
}

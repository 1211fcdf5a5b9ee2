import type { PluginCatalog } from '../core/contracts/pluginCatalog.ts';
import { formatCount, formatValue } from '../core/report/formatValue.ts';
import { writeMergedModel } from '../core/training/exportCheckpoint.ts';
import type { CommandContext } from './command.ts';
import { loadPolicy } from './loadedPolicy.ts';
import { bytesIn, writeOutputFolder } from './outputFolder.ts';
import type { OutputFolder } from './outputFolder.ts';
import type { RunSubject } from './subject.ts';
import { writeJson, writeLine } from './terminal.ts';

/** A model folder as output. */
export function modelOutput(target: string, name: string, force = false): OutputFolder {
  return { target, name, mark: 'config.json', kind: 'model folder', force };
}

/** Folds a run's adapter into its model, writes a Hugging Face folder and says so. */
export async function exportModel(
  { terminal, json }: CommandContext,
  subject: RunSubject,
  output: OutputFolder,
  catalog: PluginCatalog,
): Promise<void> {
  const { checkpoint, weights } = await loadPolicy(subject, catalog);
  await writeOutputFolder(output, (folder) => {
    writeMergedModel(folder, subject.modelFolder, checkpoint, weights);
  });
  const parameters = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  const bytes = bytesIn(output.target);
  if (json) {
    const { name: run, step } = subject;
    writeJson(terminal, { run, step, folder: output.target, parameters, bytes, dtype: 'float32' });
    return;
  }
  const size = `${formatCount(parameters)} parameters in float32, ${formatValue(bytes, 'bytes')}`;
  writeLine(terminal, `Merged run ${subject.name} at step ${subject.step} into ${output.name} (${size}).`);
  writeLine(
    terminal,
    `Next: \`rlvr generate ${output.name}\` talks with it; transformers loads it as any model folder.`,
  );
}

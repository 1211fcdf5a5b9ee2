import path from 'node:path';
import type { PluginCatalog } from '../contracts/pluginCatalog.ts';
import { RlvrError } from '../errors.ts';
import { chosenPlugin } from '../experiment/pluginChoices.ts';
import type { Experiment } from '../experiment/schema.ts';
import { describeCell } from '../experiment/sweep.ts';
import { readModelConfig } from '../model/modelConfig.ts';
import type { DecoderConfig } from '../model/modelConfig.ts';
import { adapterTargets } from '../training/adapterTargets.ts';
import type { StudyPart, TuningArm } from './expandedStudy.ts';
import type { StudyIssue } from './readStudy.ts';
import { studyMethods } from './studyMethods.ts';
import type { StudyDefinition } from './studySchema.ts';

/** What methods refuse of the models and numbers of steps that they are given, as schedules of ranks that do not fit a rung of tuning. */
export function checkAdapters(
  definition: StudyDefinition,
  { parts, arms }: { readonly parts: readonly StudyPart[]; readonly arms: readonly TuningArm[] },
  studyFolder: string,
  catalog: PluginCatalog,
): readonly StudyIssue[] {
  const models = new Map<string, DecoderConfig>();
  const known = new Set<string>();
  const check = (
    method: string,
    { adapter, model }: Experiment,
    steps: number,
    where: string,
  ): readonly StudyIssue[] => {
    const key = JSON.stringify([adapter, model.path, steps]);
    if (known.has(key)) return [];
    known.add(key);
    const folder = path.resolve(studyFolder, model.path);
    const config = models.get(folder) ?? readModelConfig(folder);
    models.set(folder, config);
    const { plugin, config: options } = chosenPlugin(catalog, 'adapter', adapter);
    try {
      adapterTargets(plugin, options, config, steps);
      return [];
    } catch (error) {
      if (!(error instanceof RlvrError)) throw error;
      const place = studyMethods(definition).find(({ name }) => name === method)?.path ?? ['methods'];
      return [{ path: place, message: `"${method}", ${where}: ${error.message}` }];
    }
  };
  return [
    ...parts.flatMap(({ name, cells }) =>
      cells.flatMap(({ method, setting: { axes }, experiment }) => {
        const { steps } = experiment.training;
        const values = Object.keys(axes).length === 0 ? '' : `, ${describeCell(axes)}`;
        return check(method, experiment, steps, `${steps} steps in the part "${name}"${values}`);
      }),
    ),
    ...arms.flatMap(({ method, experiment }) =>
      (definition.tuning?.steps ?? []).flatMap((steps) => check(method, experiment, steps, `${steps} steps of tuning`)),
    ),
  ];
}

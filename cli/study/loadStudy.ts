import path from 'node:path';
import type { PluginCatalog } from '../../core/contracts/pluginCatalog.ts';
import { RlvrError } from '../../core/errors.ts';
import { hashFiles } from '../../core/model/hashFiles.ts';
import { openWeightFiles } from '../../core/model/weightFiles.ts';
import type { RunRecord } from '../../core/runs/runRecord.ts';
import { expandStudy } from '../../core/study/expandStudy.ts';
import type { ExpandedStudy } from '../../core/study/expandedStudy.ts';
import { readStudy } from '../../core/study/readStudy.ts';
import type { StudyDefinition } from '../../core/study/studySchema.ts';
import type { ModelHash } from '../../core/study/trialPlan.ts';
import { checkInputs } from '../checkInputs.ts';
import { readExperimentText } from '../loadExperiment.ts';

/** A study that can be run: read, expanded, and with everything there that its trials need. */
export interface LoadedStudy {
  readonly definition: StudyDefinition;
  readonly study: ExpandedStudy;
  /** The study file, absolute, and its folder, which relative paths start from. */
  readonly source: RunRecord['source'];
  readonly modelHash: ModelHash;
  readonly catalog: PluginCatalog;
}

/** How a study is loaded. */
export interface StudyChoices {
  readonly set?: readonly string[];
  /** Whether to run the small version that the file describes under `quick`. */
  readonly quick?: boolean;
}

/**
 * Reads a study file, checks it with every experiment that it stands for, and looks at their models and data. Throws `config/...`,
 * `model/...`, `adapter/...` and `dataset/...` errors.
 */
export async function loadStudy(
  cwd: string,
  file: string,
  { set = [], quick = false }: StudyChoices,
  catalog: PluginCatalog,
): Promise<LoadedStudy> {
  const absolute = path.resolve(cwd, file);
  const folder = path.dirname(absolute);
  const parsed = readStudy(readExperimentText(absolute, file), file, {
    set,
    isQuick: quick,
    readExperiment: (named) => readExperimentText(path.resolve(folder, named), named),
  });
  const study = expandStudy(parsed, folder, catalog);
  const experiments = study.parts.flatMap(({ cells }) => cells.map(({ experiment }) => experiment));
  await checkInputs(experiments, folder, catalog);
  const paths = [
    ...new Set([...experiments, ...study.arms.map((arm) => arm.experiment)].map(({ model }) => model.path)),
  ];
  const hashes = new Map<string, string>();
  for (const each of paths) hashes.set(each, await hashOfModel(path.resolve(folder, each)));
  const modelHash: ModelHash = (named) => {
    const hash = hashes.get(named);
    if (hash === undefined)
      throw new RlvrError('model/missing', `The model ${named} has not been read.`, { path: named });
    return hash;
  };
  const named = quick ? `${parsed.definition.name}-quick` : parsed.definition.name;
  return {
    definition: { ...parsed.definition, name: named },
    study: { ...study, name: named },
    source: { file: absolute, folder },
    modelHash,
    catalog,
  };
}

/** Of everything in a model's folder that its completions depend on. */
async function hashOfModel(folder: string): Promise<string> {
  const { paths, close } = openWeightFiles(folder);
  close();
  const texts = ['config.json', 'tokenizer.json'].map((name) => path.join(folder, name));
  return hashFiles([...texts, ...paths]);
}

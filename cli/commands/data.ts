import path from 'node:path';
import type { PluginCatalog } from '../../core/contracts/pluginCatalog.ts';
import type { ProblemSource } from '../../core/contracts/dataset.ts';
import { dataReader } from '../../core/data/dataReader.ts';
import { RlvrError } from '../../core/errors.ts';
import type { Experiment } from '../../core/experiment/schema.ts';
import { readModelConfig } from '../../core/model/modelConfig.ts';
import { loadTokenizer } from '../../core/model/tokenizer.ts';
import { formatCount } from '../../core/report/formatValue.ts';
import { experimentPrompts } from '../../core/training/experimentPrompts.ts';
import { checkData } from '../checkData.ts';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { ask, findingFact, openPlace, placesOf, type AskedProblem, type Reading } from '../dataPlaces.ts';
import { clean } from '../display/textLine.ts';
import { evaluatedExperiment } from '../evaluatedExperiment.ts';
import { exitCodes } from '../exitCodes.ts';
import { packageFolder } from '../installation.ts';
import { chooseExperiments, loadExperimentFile } from '../loadExperiment.ts';
import { createProgress } from '../progress.ts';
import { writeFacts } from '../table.ts';
import { writeJson, writeLine } from '../terminal.ts';

/** Options of `rlvr data`. */
export interface DataOptions {
  readonly model?: string;
  readonly problems: number;
}

/** `rlvr data show|check FILE|DATA`: what a model is asked, and what is wrong with it. */
export async function dataCommand(
  context: CommandContext,
  action: 'show' | 'check',
  named: string,
  options: DataOptions,
): Promise<number> {
  const catalog = await loadCatalog(context);
  const { experiment, folder, isAlone } = chooseData(context, named, options, catalog);
  const modelFolder = path.resolve(folder, experiment.model.path);
  const config = readModelConfig(modelFolder);
  const tokenizer = loadTokenizer(modelFolder, config);
  const progress = createProgress(context.terminal, 'bytes of data', context.json);
  const reader = dataReader(experiment, folder, catalog, { onDidDownload: progress.update });
  try {
    const read: Reading = {
      reader,
      tokenizer,
      promptOf: experimentPrompts(experiment, tokenizer, config.maxPositionEmbeddings),
      places: placesOf(experiment, isAlone),
    };
    if (action === 'show') return await show(context, read, options.problems);
    return await checkData(context, read, experiment, folder, catalog);
  } finally {
    progress.end();
  }
}

interface ChosenData {
  readonly experiment: Experiment;
  readonly folder: string;
  /** Whether this is a data set by itself, and no experiment. */
  readonly isAlone: boolean;
}

function chooseData(
  { cwd }: CommandContext,
  named: string,
  { model }: DataOptions,
  catalog: PluginCatalog,
): ChosenData {
  if (/\.ya?ml$/i.test(named)) {
    const { content, source } = loadExperimentFile(cwd, named, [], catalog);
    const [first] = chooseExperiments(content, named, undefined);
    if (first === undefined) throw new RlvrError('usage', `${named} has no experiment.`);
    const { experiment } = first.resolved;
    const own = model === undefined ? experiment : { ...experiment, model: { path: path.resolve(cwd, model) } };
    return { experiment: own, folder: source.folder, isAlone: false };
  }
  const modelFolder = model === undefined ? path.join(packageFolder(), 'samples', 'base') : path.resolve(cwd, model);
  const subject = { kind: 'model', name: modelFolder, modelFolder } as const;
  const { experiment, dataFolder } = evaluatedExperiment(subject, { data: named }, cwd, catalog);
  return { experiment, folder: dataFolder, isAlone: true };
}

async function show({ terminal, json }: CommandContext, reading: Reading, count: number): Promise<number> {
  const shown: object[] = [];
  for (const place of reading.places) {
    const source = await openPlace(reading, place);
    if (json) shown.push({ place: place.title, split: place.split, ...describeJson(reading, source, count) });
    else {
      writeLine(terminal, terminal.style('bold', `${place.title}: ${place.choice.type}, ${place.split} split`));
      if (typeof source === 'string') writeLine(terminal, `  ${clean(source)}`);
      else writeSource(source);
      writeLine(terminal);
    }
  }
  if (json) writeJson(terminal, shown);
  return exitCodes.success;

  function writeSource(source: ProblemSource): void {
    writeFacts(terminal, [...factsOf(source), ...(source.findings ?? []).map(findingFact)]);
    for (const asked of firstAsked(reading, source, count)) {
      const { problem, text, tokens, isTooLong } = asked;
      const difficulty = problem.difficulty === undefined ? '' : `, difficulty ${problem.difficulty}`;
      const tooLong = isTooLong ? terminal.style('red', ' (too long)') : '';
      const head = `problem ${clean(problem.id)}, ${clean(problem.family)}${difficulty}, prompt of ${formatCount(tokens)} tokens`;
      writeLine(terminal);
      writeLine(terminal, `${terminal.style('cyan', head)}${tooLong}`);
      for (const line of (text ?? problem.question).split('\n')) writeLine(terminal, `    ${clean(line)}`);
      writeLine(terminal, `  ${terminal.style('dim', 'reference')}  ${clean(problem.reference)}`);
      const { demonstration } = problem;
      if (demonstration !== undefined) {
        const length = reading.tokenizer.encode(demonstration).length;
        writeLine(terminal, `  ${terminal.style('dim', `demonstration, ${length} tokens`)}  ${clean(demonstration)}`);
      }
    }
  }
}

function firstAsked(reading: Reading, source: ProblemSource, count: number): readonly AskedProblem[] {
  return Array.from({ length: Math.min(count, source.size ?? count) }, (_, i) => ask(reading, source.problem(i)));
}

function describeJson(reading: Reading, source: ProblemSource | string, count: number): object {
  if (typeof source === 'string') return { empty: source };
  const { size, hash, origin, findings = [] } = source;
  const problems = firstAsked(reading, source, count).map(({ problem, text, tokens }) => ({
    ...problem,
    text,
    tokens,
  }));
  return { size, hash, origin, findings, problems };
}

function factsOf({ size, origin, hash }: ProblemSource): readonly (readonly [string, string])[] {
  return [
    ['problems', size === undefined ? 'without end' : formatCount(size)],
    ...(origin === undefined ? [] : [['from', origin] as const]),
    ['hash', hash.slice(0, 16)],
  ];
}

import path from 'node:path';
import type { PluginCatalog } from '../../core/contracts/pluginCatalog.ts';
import type { DataFinding, Problem, ProblemSource, Split } from '../../core/contracts/dataset.ts';
import { dataReader, type DataReader } from '../../core/data/dataReader.ts';
import { RlvrError } from '../../core/errors.ts';
import { chosenPlugin, type PluginChoice } from '../../core/experiment/pluginChoices.ts';
import type { Experiment } from '../../core/experiment/schema.ts';
import { verifierIndex } from '../../core/experiment/verifierIndex.ts';
import { readModelConfig } from '../../core/model/modelConfig.ts';
import { loadTokenizer, type Tokenizer } from '../../core/model/tokenizer.ts';
import { formatCount } from '../../core/report/formatValue.ts';
import type { DataRecord } from '../../core/runs/runRecord.ts';
import { experimentPrompts } from '../../core/training/experimentPrompts.ts';
import type { Prompt } from '../../core/training/prompts.ts';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
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

/** Problems looked at of data that never end. */
const endlessChecked = 1000;
const listed = 5;

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
    return await check(context, read, experiment, folder, catalog);
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

interface Place {
  readonly title: string;
  readonly choice: PluginChoice;
  readonly split: Split;
}

interface Reading {
  readonly reader: DataReader;
  readonly tokenizer: Tokenizer;
  readonly promptOf: (problem: Problem) => Prompt;
  readonly places: readonly Place[];
}

function placesOf({ data, evaluation }: Experiment, isAlone: boolean): readonly Place[] {
  if (isAlone) {
    return (['train', 'selection', 'report'] as const).map((split) => ({ title: split, choice: data.train, split }));
  }
  const { split, benchmarks } = evaluation;
  return [
    { title: 'data.train', choice: data.train, split: 'train' },
    { title: data.evaluate === undefined ? 'evaluated' : 'data.evaluate', choice: data.evaluate ?? data.train, split },
    ...data.watch.map((choice, index) => ({ title: `data.watch.${index}`, choice, split })),
    ...benchmarks.map((own, index) => ({
      title: own.name ?? `evaluation.benchmarks.${index}`,
      choice: own.data,
      split,
    })),
  ];
}

/** A prompt, and its length in tokens also where that is too long. */
interface AskedProblem {
  readonly problem: Problem;
  readonly text?: string;
  readonly tokens: number;
  readonly isTooLong: boolean;
}

function ask({ promptOf }: Reading, problem: Problem): AskedProblem {
  try {
    const { text, ids } = promptOf(problem);
    return { problem, text, tokens: ids.length, isTooLong: false };
  } catch (error) {
    if (!(error instanceof RlvrError) || error.code !== 'training/prompt-too-long') throw error;
    return { problem, tokens: Number(error.fields['tokens']), isTooLong: true };
  }
}

/** The source, or why there is none. */
async function openPlace({ reader }: Reading, { choice, split }: Place): Promise<ProblemSource | string> {
  try {
    return await reader.open(choice, split);
  } catch (error) {
    if (error instanceof RlvrError && error.code === 'dataset/empty') return error.message;
    throw error;
  }
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

function findingFact({ what, count, first }: DataFinding): readonly [string, string] {
  return ['found', `${formatCount(count)} ${what}: ${first.join(', ')}${count > first.length ? ', ...' : ''}`];
}

/** What is wrong at one place. */
interface CheckedPlace {
  readonly place: string;
  readonly split: Split;
  readonly empty?: string;
  readonly checked: number;
  readonly longestPrompt: number;
  readonly tooLong: Marked;
  /** References that the reward cannot use: their samples would be masked. */
  readonly unusable: Marked;
}

interface Marked {
  readonly count: number;
  readonly first: readonly string[];
}

async function check(
  { terminal, json }: CommandContext,
  reading: Reading,
  experiment: Experiment,
  folder: string,
  catalog: PluginCatalog,
): Promise<number> {
  const places: CheckedPlace[] = [];
  for (const place of reading.places) places.push(await checkPlace(reading, place, experiment, folder, catalog));
  if (places.every(({ empty }) => empty === undefined)) await reading.reader.openTraining(true);
  const record = reading.reader.record();
  const isSound =
    places.every(({ tooLong, unusable }) => tooLong.count + unusable.count === 0) &&
    (record.contamination?.exact ?? 0) + (record.contamination?.overlapping ?? 0) === 0;
  if (json) writeJson(terminal, { sound: isSound, places, ...record });
  else {
    for (const place of places) {
      writeLine(terminal, terminal.style('bold', `${place.place}, ${place.split} split`));
      writeFacts(terminal, factsOfCheck(place));
    }
    writeFacts(terminal, factsOfRecord(record));
  }
  return isSound ? exitCodes.success : exitCodes.failure;
}

async function checkPlace(
  reading: Reading,
  place: Place,
  { rewards, rollout }: Experiment,
  folder: string,
  catalog: PluginCatalog,
): Promise<CheckedPlace> {
  const source = await openPlace(reading, place);
  const named = { place: `${place.title}: ${place.choice.type}`, split: place.split };
  const none = { count: 0, first: [] };
  if (typeof source === 'string') {
    return { ...named, empty: source, checked: 0, longestPrompt: 0, tooLong: none, unusable: none };
  }
  const judge = rewards[verifierIndex(rewards, catalog)];
  const chosen = judge && chosenPlugin(catalog, 'reward', judge);
  const score = chosen?.plugin.create(chosen.config, { baseFolder: folder });
  const [tooLong, unusable]: [string[], string[]] = [[], []];
  let longestPrompt = 0;
  const checked = source.size ?? endlessChecked;
  for (let i = 0; i < checked; i++) {
    const { problem, text = '', tokens, isTooLong } = ask(reading, source.problem(i));
    longestPrompt = Math.max(longestPrompt, tokens);
    if (isTooLong) tooLong.push(`${problem.id} (${tokens} tokens)`);
    const verdict = await score?.({
      prompt: text,
      completion: `<think></think>\\boxed{${problem.reference}}`,
      completionIds: [],
      finished: true,
      reference: problem.reference,
      maxCompletionTokens: rollout.max_completion_tokens,
    });
    if (verdict !== undefined && verdict.value === undefined)
      unusable.push(`${problem.id} (${problem.reference.slice(0, 40)})`);
  }
  return { ...named, checked, longestPrompt, tooLong: marked(tooLong), unusable: marked(unusable) };
}

function marked(all: readonly string[]): Marked {
  return { count: all.length, first: all.slice(0, listed) };
}

function factsOfCheck(place: CheckedPlace): readonly (readonly [string, string])[] {
  if (place.empty !== undefined) return [['empty', place.empty]];
  const told = ({ count, first }: Marked): string =>
    count === 0 ? 'none' : `${formatCount(count)}: ${first.join(', ')}${count > first.length ? ', ...' : ''}`;
  return [
    [
      'problems',
      `${formatCount(place.checked)} looked at, longest prompt of ${formatCount(place.longestPrompt)} tokens`,
    ],
    ['too long', told(place.tooLong)],
    ['references that the reward cannot use', told(place.unusable)],
  ];
}

function factsOfRecord({ sources, contamination }: DataRecord): readonly (readonly [string, string])[] {
  const found = Object.entries(sources).flatMap(([name, { findings }]) =>
    findings.map((finding): readonly [string, string] => [name, findingFact(finding)[1]]),
  );
  if (contamination === undefined)
    return [...found, ['contamination', 'not looked for: a split is empty, or data.decontaminate is off']];
  const { checked, evaluated, exact, overlapping, first, skipped } = contamination;
  if (skipped !== undefined) return [...found, ['contamination', `not looked for: ${skipped}`]];
  return [
    ...found,
    [
      'contamination',
      `${exact} of ${formatCount(checked)} training problems are among the ${formatCount(evaluated)} that are evaluated on, ` +
        `${overlapping} more share 13 words in a row with one`,
    ],
    ...first.map(({ how, name, train, evaluated: other }): readonly [string, string] => [
      `  ${how}`,
      `${train.question} | ${name}: ${other.question}`,
    ]),
  ];
}

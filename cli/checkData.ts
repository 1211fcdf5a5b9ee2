import type { PluginCatalog } from '../core/contracts/pluginCatalog.ts';
import type { Split } from '../core/contracts/dataset.ts';
import { chosenPlugin } from '../core/experiment/pluginChoices.ts';
import type { Experiment } from '../core/experiment/schema.ts';
import { verifierIndex } from '../core/experiment/verifierIndex.ts';
import { formatCount } from '../core/report/formatValue.ts';
import type { DataRecord } from '../core/runs/runRecord.ts';
import type { CommandContext } from './command.ts';
import { ask, findingFact, openPlace, type Place, type Reading } from './dataPlaces.ts';
import { exitCodes } from './exitCodes.ts';
import { writeFacts } from './table.ts';
import { writeJson, writeLine } from './terminal.ts';

/** Problems looked at of data that never end. */
const endlessChecked = 1000;
const listed = 5;

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

/** Looks at all data of an experiment, and tells what is wrong with them; the exit code says whether anything is. */
export async function checkData(
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

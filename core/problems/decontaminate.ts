import type { Problem, ProblemSource } from '../contracts/dataset.ts';
import { RlvrError } from '../errors.ts';
import { contentHash } from './contentHash.ts';
import { wordsOf } from './wordsOf.ts';

/** What to do about training problems that are also evaluated on. */
export type Decontamination = 'report' | 'drop' | 'off';

/** Problems that training must not have seen. */
export interface HeldOut {
  /** As the report calls it. */
  readonly name: string;
  readonly source: ProblemSource;
  /** How many of its problems are evaluated. */
  readonly problems: number;
}

/** A training problem that is also, or nearly, one that is evaluated on. */
export interface Contamination {
  readonly name: string;
  readonly how: 'exact' | '13-gram';
  /** Ids and questions of both. */
  readonly train: { readonly id: string; readonly question: string };
  readonly evaluated: { readonly id: string; readonly question: string };
}

/** What was found. */
export interface ContaminationReport {
  /** What was done about it. */
  readonly mode: Exclude<Decontamination, 'off'>;
  /** Training problems that were looked at; fewer than there are where they never end. */
  readonly checked: number;
  readonly evaluated: number;
  /** Training problems with the same words as one that is evaluated on. */
  readonly exact: number;
  /** Others that share a run of 13 words with one. */
  readonly overlapping: number;
  /** The same numbers by what is evaluated. */
  readonly bySource: Readonly<Record<string, { readonly exact: number; readonly overlapping: number }>>;
  readonly first: readonly Contamination[];
  /** Why nothing had to be looked at. */
  readonly skipped?: string;
}

/** Words in a row that two texts share only if one was made from the other (GPT-3, arXiv 2005.14165, appendix C). */
const gramWords = 13;
const listed = 10;
/** Problems looked at of training data that never ends. */
const endlessChecked = 2048;

/**
 * Looks for problems of `train` that are also in the held-out sets: the same words, or 13 words in a row in common. With `drop` the source
 * that is given back is without them. Where everything is generated nothing is looked at: the hash of a question alone decides its split.
 */
export function decontaminate(
  train: ProblemSource,
  heldOut: readonly HeldOut[],
  mode: Exclude<Decontamination, 'off'>,
): { readonly train: ProblemSource; readonly report: ContaminationReport } {
  const looked = heldOut.filter(({ source }) => train.size !== undefined || source.size !== undefined);
  if (looked.length === 0) {
    const skipped = 'everything is generated, and the hash of a question alone decides which split it is in';
    return { train, report: emptyReport(mode, heldOut.length === 0 ? 'nothing is evaluated' : skipped) };
  }
  const index = indexOf(looked);
  const found: Contamination[] = [];
  const bad = new Set<number>();
  const checked = train.size ?? endlessChecked;
  for (let i = 0; i < checked; i++) {
    const contamination = index.find(train.problem(i));
    if (contamination === undefined) continue;
    found.push(contamination);
    bad.add(i);
  }
  const report = { ...summarise(found, mode), checked, evaluated: index.size };
  if (mode === 'report' || (found.length === 0 && train.size !== undefined)) return { train, report };
  return { train: without(train, bad, (problem) => index.find(problem) !== undefined, looked), report };
}

function emptyReport(mode: Exclude<Decontamination, 'off'>, skipped: string): ContaminationReport {
  return { mode, checked: 0, evaluated: 0, exact: 0, overlapping: 0, bySource: {}, first: [], skipped };
}

function summarise(
  found: readonly Contamination[],
  mode: Exclude<Decontamination, 'off'>,
): Omit<ContaminationReport, 'checked' | 'evaluated'> {
  const count = (of: readonly Contamination[]): { exact: number; overlapping: number } => {
    const exact = of.filter(({ how }) => how === 'exact').length;
    return { exact, overlapping: of.length - exact };
  };
  const names = [...new Set(found.map(({ name }) => name))];
  const bySource = Object.fromEntries(names.map((name) => [name, count(found.filter((each) => each.name === name))]));
  return { mode, ...count(found), bySource, first: found.slice(0, listed) };
}

interface HeldOutIndex {
  readonly size: number;
  find(problem: Problem): Contamination | undefined;
}

type Entry = Pick<Contamination, 'name' | 'evaluated'>;

function indexOf(heldOut: readonly HeldOut[]): HeldOutIndex {
  const exact = new Map<string, Entry>();
  const grams = new Map<string, Entry>();
  let size = 0;
  for (const { name, source, problems } of heldOut) {
    const count = Math.min(problems, source.size ?? problems);
    size += count;
    for (let i = 0; i < count; i++) {
      const { id, question } = source.problem(i);
      const words = wordsOf(question);
      const entry = { name, evaluated: { id, question } };
      exact.set(words.join(' '), entry);
      for (const gram of gramsOf(words)) grams.set(gram, entry);
    }
  }
  return {
    size,
    find: ({ id, question }) => {
      const words = wordsOf(question);
      const same = exact.get(words.join(' '));
      if (same !== undefined) return { ...same, how: 'exact', train: { id, question } };
      for (const gram of gramsOf(words)) {
        const entry = grams.get(gram);
        if (entry !== undefined) return { ...entry, how: '13-gram', train: { id, question } };
      }
      return undefined;
    },
  };
}

function* gramsOf(words: readonly string[]): Generator<string> {
  for (let i = 0; i + gramWords <= words.length; i++) yield words.slice(i, i + gramWords).join(' ');
}

/** A source that ends without the places named; one that never ends draws another problem instead of one that is bad. */
function without(
  train: ProblemSource,
  bad: ReadonlySet<number>,
  isBad: (problem: Problem) => boolean,
  heldOut: readonly HeldOut[],
): ProblemSource {
  const hash = contentHash(
    train.hash,
    'without',
    ...heldOut.map(({ source, problems }) => `${source.hash} ${problems}`),
  );
  if (train.size === undefined) return { ...train, hash, problem: (index) => nextGood(train, index, isBad) };
  const kept = Array.from({ length: train.size }, (_, i) => i).filter((i) => !bad.has(i));
  if (kept.length === 0) {
    const message = `All ${train.size} training problems are also evaluated on: \`decontaminate: drop\` leaves none.`;
    throw new RlvrError('dataset/empty', message, { size: train.size });
  }
  return { ...train, hash, size: kept.length, problem: (index) => train.problem(kept[index] ?? train.size ?? index) };
}

/** Far enough apart that no run comes upon the replacement by itself. */
const stride = 1_000_003;
const mostReplacements = 1000;

function nextGood(train: ProblemSource, index: number, isBad: (problem: Problem) => boolean): Problem {
  let problem = train.problem(index);
  for (let attempt = 1; isBad(problem) && attempt <= mostReplacements; attempt++) {
    problem = train.problem(index + attempt * stride);
  }
  return problem;
}

import { excerpt } from '../excerpt.ts';
import { compareNodes } from './compareNodes.ts';
import type { CompareOptions, Comparison } from './comparison.ts';
import { freeSymbols, substituted, type Node } from './node.ts';
import { normaliseMath } from './normaliseMath.ts';
import { parseMath } from './parseStatement.ts';
import { choiceOf, clockOf, plainTextOf, proseOf } from './plainText.ts';

/** A text in all the ways in which it is compared. */
interface Reading {
  readonly normalised: string;
  readonly plain: string;
  readonly prose: string | undefined;
  readonly node: Node | undefined;
}

const SHORT_WHOLE = /^-?\d{1,15}$/u;
const MOST_READINGS = 512;
const LONGEST_KEPT = 1_000;
const readings = new Map<string, Reading>();

/**
 * Whether an answer is the reference: both are extracted texts, LaTeX or plain. Tried in this order: listed strings, texts, choice
 * letters, relations, sets, tuples, matrices, numbers, functions. Synchronous, never throws, executes nothing; where it is in
 * doubt the answer is not equal.
 */
export function compareAnswers(gold: string, answer: string, options: CompareOptions): Comparison {
  if (SHORT_WHOLE.test(gold) && SHORT_WHOLE.test(answer)) {
    return outcome(Number(gold) === Number(answer), 'number', [`whole numbers ${gold} and ${answer}`]);
  }
  const listed = compareStrings(gold, answer, options);
  if (listed) {
    return listed;
  }
  const wanted = readingOf(gold);
  if (wanted.plain === '') {
    return outcome(undefined, 'reference', [`the reference ${excerpt(gold)} says nothing`]);
  }
  const given = readingOf(answer);
  const trace = [`reference read as ${excerpt(wanted.normalised)}`, `answer read as ${excerpt(given.normalised)}`];
  const byText = compareTexts(wanted, given, options);
  if (byText) {
    return outcome(byText.equal, byText.by, [...trace, byText.by]);
  }
  if (!wanted.node) {
    return outcome(undefined, 'reference', [...trace, 'the reference cannot be read as mathematics or prose']);
  }
  if (!given.node) {
    return outcome(false, 'unreadable answer', [...trace, 'the answer cannot be read as mathematics']);
  }
  const { equal, by } = safely(wanted.node, options.strict ? given.node : renamed(given.node, wanted.node), options);
  return outcome(equal, by, [...trace, `compared by ${by}: ${equal ? 'equal' : 'not equal'}`]);
}

function outcome(equal: boolean | undefined, decidedBy: string, trace: readonly string[]): Comparison {
  return { equal, decidedBy, trace };
}

function safely(gold: Node, answer: Node, options: CompareOptions): { equal: boolean; by: string } {
  try {
    return compareNodes(gold, answer, options);
  } catch (error) {
    // What is deeper or larger than the machine takes cannot be shown to be equal.
    if (error instanceof RangeError) {
      return { equal: false, by: 'too large' };
    }
    throw error;
  }
}

/** The answer with the reference's variable in place of its own, if both have one. */
function renamed(answer: Node, gold: Node): Node {
  const [names, wanted] = [[...freeSymbols(answer)], [...freeSymbols(gold)]];
  const [name, other] = [names[0], wanted[0]];
  const isOne = names.length === 1 && wanted.length === 1 && name !== undefined && other !== undefined;
  return isOne ? substituted(answer, name, { kind: 'symbol', name: other }) : answer;
}

function readingOf(text: string): Reading {
  const known = readings.get(text);
  if (known) {
    return known;
  }
  const normalised = normaliseMath(text);
  const plain = plainTextOf(normalised);
  const prose = proseOf(normalised, plain);
  const reading = { normalised, plain, prose, node: parseMath(normalised) };
  if (text.length <= LONGEST_KEPT) {
    if (readings.size >= MOST_READINGS) {
      readings.clear();
    }
    readings.set(text, reading);
  }
  return reading;
}

/** Among the listed choices, if the reference is one of them. */
function compareStrings(gold: string, answer: string, options: CompareOptions): Comparison | undefined {
  const plain = (text: string): string => {
    const stripped = plainTextOf(normaliseMath(text)).replace(/^\((.*)\)$/u, '$1');
    return options.lowercase === true ? stripped.toLowerCase() : stripped;
  };
  const wanted = options.strings && plain(gold);
  if (wanted === undefined || !options.strings?.some((string) => plain(string) === wanted)) {
    return undefined;
  }
  const equal = wanted === plain(answer);
  return outcome(equal, 'listed strings', [`${excerpt(answer)} ${equal ? 'is' : 'is not'} ${excerpt(gold)}`]);
}

function compareTexts(
  wanted: Reading,
  given: Reading,
  options: CompareOptions,
): { equal: boolean; by: string } | undefined {
  if (wanted.plain === given.plain && (wanted.node !== undefined || wanted.prose !== undefined)) {
    return { equal: true, by: 'same text' };
  }
  if (wanted.prose !== undefined && (given.prose !== undefined || wanted.normalised.includes('\\text'))) {
    return { equal: wanted.prose === given.prose, by: 'words' };
  }
  if (given.plain === '') {
    return { equal: false, by: 'no answer' };
  }
  return compareChoices(wanted, given, options) ?? compareClocks(wanted, given);
}

/** A choice's letter decides; where the answer has none, the value that the reference gives with it. */
function compareChoices(
  wanted: Reading,
  given: Reading,
  options: CompareOptions,
): { equal: boolean; by: string } | undefined {
  const [choice, chosen] = [choiceOf(wanted.plain), choiceOf(given.plain)];
  if (choice && chosen) {
    return { equal: choice.letter === chosen.letter, by: 'choice letter' };
  }
  if (choice?.value === undefined) {
    return undefined;
  }
  const { equal } = compareAnswers(choice.value, given.normalised, options);
  return { equal: equal === true, by: 'value of the choice' };
}

/** Times with their half of the day, which one side may lack. */
function compareClocks(wanted: Reading, given: Reading): { equal: boolean; by: string } | undefined {
  const [time, other] = [clockOf(wanted.plain), clockOf(given.plain)];
  if (!time && !other) {
    return undefined;
  }
  const isSameHalf = !time || !other || time.half === other.half;
  const same = (time?.time ?? wanted.plain).replace(/^0/u, '') === (other?.time ?? given.plain).replace(/^0/u, '');
  return { equal: isSameHalf && same, by: 'time' };
}

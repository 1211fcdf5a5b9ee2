import { rational, type Rational } from '../rational.ts';
import { assignmentOf, isCalculation, type Assignment, type RelationNode } from './assignments.ts';
import type { CompareOptions } from './comparison.ts';
import { expandedSigns } from './expandedSigns.ts';
import { matrixOf, withDeterminants } from './matrices.ts';
import { contains, exactNumber, keyOf, productOf, type Node } from './node.ts';
import { holdsOn, realSetOf, sameRealSet } from './realSets.ts';
import { sameExpression } from './sameExpression.ts';
import { sameRelation } from './sameRelation.ts';

/** What a comparison found, and which one it was. */
export interface NodeComparison {
  readonly equal: boolean;
  readonly by: string;
}

type QuantityNode = Extract<Node, { kind: 'quantity' }>;

const MOST_ITEMS = 2_000;
const COLLECTIONS: readonly Node['kind'][] = ['list', 'set', 'tuple', 'builder', 'namedSet', 'setOperation'];

/** Whether what an answer says is what the reference says. */
export function compareNodes(gold: Node, answer: Node, options: CompareOptions): NodeComparison {
  const [wanted, given] = [expandedSigns(withDeterminants(gold)), expandedSigns(withDeterminants(answer))];
  if (keyOf(wanted) === keyOf(given)) {
    return { equal: true, by: 'structure' };
  }
  if (wanted.kind === 'quantity' || given.kind === 'quantity') {
    return compareQuantities(wanted, given, options);
  }
  if (wanted.kind === 'relation' || given.kind === 'relation') {
    return compareRelations(wanted, given, options);
  }
  if (COLLECTIONS.includes(wanted.kind) || COLLECTIONS.includes(given.kind)) {
    return compareCollections(wanted, given, options);
  }
  if (contains(wanted, 'matrix') || contains(given, 'matrix')) {
    return { equal: sameMatrix(wanted, given, options), by: 'matrix' };
  }
  if (wanted.kind === 'ratio' || given.kind === 'ratio') {
    return { equal: sameRatio(wanted, given, options), by: 'ratio' };
  }
  return { equal: sameExpression(wanted, given, options.precision), by: 'expression' };
}

/** A unit that one side lacks is forgiven; a different one is not, but equal quantities are equal. */
function compareQuantities(gold: Node, answer: Node, options: CompareOptions): NodeComparison {
  const by = 'quantity';
  if (gold.kind === 'quantity' && answer.kind === 'quantity') {
    const alike = gold.unit.dimension === answer.unit.dimension;
    if (gold.unit.name === answer.unit.name) {
      return { equal: compareNodes(gold.items[0], answer.items[0], options).equal, by };
    }
    return { equal: alike && sameExpression(inBaseUnit(gold), inBaseUnit(answer), options.precision), by };
  }
  const [quantity, plain] = gold.kind === 'quantity' ? [gold, answer] : [answer as QuantityNode, gold];
  if (plain.kind === 'relation' || COLLECTIONS.includes(plain.kind)) {
    return plain.kind === 'relation'
      ? compareRelations(gold, answer, options)
      : compareCollections(gold, answer, options);
  }
  const [value] = quantity.items;
  const bare = gold.kind === 'quantity' ? compareNodes(value, plain, options) : compareNodes(plain, value, options);
  const hasValue = quantity.unit.dimension === 'percent' || quantity.unit.dimension === 'angle';
  return { equal: bare.equal || (hasValue && sameExpression(inBaseUnit(quantity), plain, options.precision)), by };
}

function inBaseUnit(quantity: QuantityNode): Node {
  if (quantity.unit.dimension === 'percent' || quantity.unit.dimension === 'angle') {
    const [value] = quantity.items;
    const isDecimal = value.kind === 'number' && quantity.unit.dimension === 'percent';
    const hundredth = { numerator: 1n, denominator: 100n };
    return isDecimal ? scaledNumber(value, hundredth) : quantity;
  }
  const [value] = quantity.items;
  return value.kind === 'number'
    ? scaledNumber(value, quantity.unit.factor)
    : productOf([value, exactNumber(quantity.unit.factor)]);
}

/** A number times a factor, which stays a decimal if it was one. */
function scaledNumber(number: Extract<Node, { kind: 'number' }>, factor: Rational): Node {
  const value = rational(number.value.numerator * factor.numerator, number.value.denominator * factor.denominator);
  return value ? { ...number, value } : productOf([number, exactNumber(factor)]);
}

function compareRelations(gold: Node, answer: Node, options: CompareOptions): NodeComparison {
  const by = 'relation';
  const [wanted, given] = [assignmentOf(gold), assignmentOf(answer)];
  if (gold.kind === 'relation' && answer.kind === 'relation') {
    if (wanted && given && (wanted.name === given.name || !options.strict)) {
      const values = compareNodes(wanted.value, given.value, options);
      return { equal: values.equal || isEquivalent(gold, answer, options), by: 'assignment' };
    }
    return { equal: isEquivalent(gold, answer, options), by };
  }
  if (gold.kind === 'relation') {
    return compareToAnswer(gold, wanted, answer, options);
  }
  if (given) {
    return { equal: compareNodes(gold, given.value, options).equal, by: 'assignment' };
  }
  const membership = answer.kind === 'relation' && answer.operators.length === 1 && answer.operators[0] === 'in';
  if (membership) {
    const set = answer.items[1];
    return { equal: set !== undefined && compareNodes(gold, set, options).equal, by: 'membership' };
  }
  if (answer.kind === 'relation' && isCalculation(answer)) {
    return {
      equal: isConsistent(answer, options) && compareNodes(gold, firstOf(answer), options).equal,
      by: 'calculation',
    };
  }
  const isAllowed = options.allowSetRelationComp || isInequalities(gold);
  return { equal: isAllowed && sameSolutions(gold, answer), by: 'set against relation' };
}

/** A relation as the reference, and an answer that is none. */
function compareToAnswer(
  gold: RelationNode,
  wanted: Assignment | undefined,
  answer: Node,
  options: CompareOptions,
): NodeComparison {
  if (wanted) {
    const equal = compareNodes(wanted.value, answer, options).equal || sameNamedTuple(wanted, answer, options);
    return { equal, by: 'assignment' };
  }
  if (isCalculation(gold)) {
    return {
      equal: isConsistent(gold, options) && compareNodes(firstOf(gold), answer, options).equal,
      by: 'calculation',
    };
  }
  const set = gold.operators.length === 1 && gold.operators[0] === 'in' ? gold.items[1] : undefined;
  if (set && compareNodes(set, answer, options).equal) {
    return { equal: true, by: 'membership' };
  }
  return { equal: COLLECTIONS.includes(answer.kind) && sameSolutions(gold, answer), by: 'relation against set' };
}

/** `(x, y) = (3, 4)` against `x = 3, y = 4`. */
function sameNamedTuple(wanted: Assignment, answer: Node, options: CompareOptions): boolean {
  const { target, value } = wanted;
  if (
    target.kind !== 'tuple' ||
    value.kind !== 'tuple' ||
    answer.kind !== 'list' ||
    target.items.length !== value.items.length
  ) {
    return false;
  }
  const given = answer.items.map(assignmentOf);
  return (
    given.length === target.items.length &&
    target.items.every((name, index) => {
      const found = given.find((assignment) => assignment?.name === keyOf(name));
      const part = value.items[index];
      return found !== undefined && part !== undefined && compareNodes(part, found.value, options).equal;
    })
  );
}

function firstOf(relation: RelationNode): Node {
  return relation.items[0] ?? relation;
}

/** Whether the members of a calculation that are said to be equal are. */
function isConsistent(relation: RelationNode, options: CompareOptions): boolean {
  return relation.operators.every((operator, index) => {
    const [left, right] = [relation.items[index], relation.items[index + 1]];
    return operator === '~' || (left !== undefined && right !== undefined && compareNodes(left, right, options).equal);
  });
}

function isEquivalent(gold: RelationNode, answer: RelationNode, options: CompareOptions): boolean {
  const isMembership = [gold, answer].map(
    (relation) => relation.operators[0] === 'in' || relation.operators[0] === 'notin',
  );
  if (isMembership[0] && isMembership[1]) {
    const [set, other] = [gold.items[1], answer.items[1]];
    const alike = keyOf(firstOf(gold)) === keyOf(firstOf(answer)) || !options.strict;
    return (
      alike &&
      gold.operators[0] === answer.operators[0] &&
      set !== undefined &&
      other !== undefined &&
      compareNodes(set, other, options).equal
    );
  }
  if (isMembership[0] && !options.allowSetRelationComp) {
    return false;
  }
  return (
    (!isMembership[0] && !isMembership[1] && sameRelation(gold, answer, options.precision)) ||
    sameSolutions(gold, answer)
  );
}

/** Whether two relations or sets have the same real solutions; at least one side must be solved. */
function sameSolutions(gold: Node, answer: Node): boolean {
  const [wanted, given] = [realSetOf(gold), realSetOf(answer)];
  if (wanted && given) {
    const sameVariable =
      wanted.variable === undefined || given.variable === undefined || wanted.variable === given.variable;
    return sameVariable && sameRealSet(wanted.set, given.set);
  }
  const [relation, set] = wanted ? [answer, wanted] : [gold, given];
  return set !== undefined && (relation.kind === 'relation' || relation.kind === 'list') && holdsOn(relation, set.set);
}

function compareCollections(gold: Node, answer: Node, options: CompareOptions): NodeComparison {
  const [wanted, given] = [unnamed(gold), unnamed(answer)];
  if (wanted.kind === 'tuple' && given.kind === 'tuple') {
    return {
      equal: wanted.brackets === given.brackets && sameInOrder(wanted.items, given.items, options),
      by: 'tuple',
    };
  }
  if (isInequalities(answer) && !isInequalities(gold) && gold.kind !== 'relation') {
    return { equal: options.allowSetRelationComp && sameSolutions(gold, answer), by: 'set against relation' };
  }
  if (wanted.kind === 'tuple' || given.kind === 'tuple') {
    const equal = sameAsTuple(wanted, given, options) || sameSolutions(wanted, given);
    return { equal, by: 'tuple' };
  }
  if (isFinite(wanted) && isFinite(given)) {
    return { equal: sameMembers(wanted, given, options), by: 'set' };
  }
  return { equal: sameSolutions(gold, answer) || sameOperation(wanted, given, options), by: 'interval' };
}

function isInequalities(node: Node): boolean {
  return node.kind === 'list' && node.items.every((item) => item.kind === 'relation' && !assignmentOf(item));
}

/** A collection that is one finite set or list, or one thing alone. */
function isFinite(node: Node): boolean {
  return node.kind === 'list' || node.kind === 'set' || !COLLECTIONS.includes(node.kind) || isFiniteUnion(node);
}

function isFiniteUnion(node: Node): boolean {
  return (
    node.kind === 'setOperation' &&
    node.name === 'union' &&
    node.items.every((item) => item.kind === 'set' || isFiniteUnion(item))
  );
}

/** A list of values of one variable without its name: `x = 1 or x = 2`, `a = 4, -8`; a union of finite sets as one. */
function unnamed(node: Node): Node {
  if (isFiniteUnion(node) && node.kind === 'setOperation') {
    return { kind: 'set', items: node.items.map(unnamed).flatMap((item) => (item.kind === 'set' ? item.items : [])) };
  }
  if (node.kind !== 'list') {
    return node;
  }
  const assignments = node.items.map(assignmentOf);
  const [first] = assignments;
  const isOneName =
    first !== undefined &&
    node.items.every((item, index) => item.kind !== 'relation' || assignments[index]?.name === first.name);
  return isOneName ? { ...node, items: node.items.map((item, index) => assignments[index]?.value ?? item) } : node;
}

function sameInOrder(gold: readonly Node[], answer: readonly Node[], options: CompareOptions): boolean {
  return (
    gold.length === answer.length &&
    gold.every((item, index) => {
      const other = answer[index];
      return other !== undefined && compareNodes(item, other, options).equal;
    })
  );
}

/** A tuple in round brackets against a list in the same order, or of the variables' values; loosely also against a set. */
function sameAsTuple(gold: Node, answer: Node, options: CompareOptions): boolean {
  const [tuple, other] = gold.kind === 'tuple' ? [gold, answer] : [answer, gold];
  if (other.kind === 'set' && other.items.length === 1) {
    return sameMembers(gold, answer, options);
  }
  if (tuple.kind !== 'tuple' || tuple.brackets !== '()') {
    return false;
  }
  if (other.kind === 'set') {
    return !options.strict && sameMembers({ kind: 'set', items: tuple.items }, other, options);
  }
  const values = other.kind === 'list' && other.joint !== 'or' ? valuesInOrder(other.items) : undefined;
  return (
    values !== undefined &&
    (gold.kind === 'tuple' ? sameInOrder(tuple.items, values, options) : sameInOrder(values, tuple.items, options))
  );
}

/** The values of a list; of variables in the order of their names where these have one (`x, y`; `a_1, a_2`). */
function valuesInOrder(items: readonly Node[]): readonly Node[] | undefined {
  const assignments = items.map(assignmentOf).filter((assignment) => assignment !== undefined);
  if (assignments.length === 0) {
    return items;
  }
  const names = new Set(assignments.map(({ name }) => name));
  if (names.size !== items.length) {
    return undefined;
  }
  const sorted = assignments.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  return (areNeighbours(sorted) ? sorted : assignments).map(({ value }) => value);
}

/** Whether names follow each other in the alphabet, or are one letter with indices. */
function areNeighbours(sorted: readonly Assignment[]): boolean {
  return sorted.every(({ name }, index) => {
    const previous = sorted[index - 1]?.name;
    return previous === undefined || name.charCodeAt(1) - previous.charCodeAt(1) <= 1;
  });
}

/** Each member of one has its like in the other, however often. */
function sameMembers(gold: Node, answer: Node, options: CompareOptions): boolean {
  const [wanted, given] = [membersOf(gold), membersOf(answer)];
  if (wanted.length > MOST_ITEMS || given.length > MOST_ITEMS) {
    return false;
  }
  const [first, second] = [namedValues(wanted), namedValues(given)];
  if ((first === undefined) !== (second === undefined)) {
    const [bare, named] = first ? [given, first] : [wanted, second ?? []];
    return (
      bare.every((item) => item.kind !== 'relation') &&
      (first ? sameInOrder(named, bare, options) : sameInOrder(bare, named, options))
    );
  }
  return sameSets(wanted, given, options);
}

/** The values of variables of different names; undefined for a list of other things. */
function namedValues(items: readonly Node[]): readonly Node[] | undefined {
  return items.length > 1 && items.every((item) => assignmentOf(item)) ? valuesInOrder(items) : undefined;
}

function sameSets(gold: readonly Node[], answer: readonly Node[], options: CompareOptions): boolean {
  return (
    gold.every((item) => answer.some((other) => compareNodes(item, other, options).equal)) &&
    answer.every((other) => gold.some((item) => compareNodes(item, other, options).equal))
  );
}

function membersOf(node: Node): readonly Node[] {
  return node.kind === 'list' || node.kind === 'set' ? node.items : [node];
}

/** Operations on sets that are not of reals with known ends: part by part. */
function sameOperation(gold: Node, answer: Node, options: CompareOptions): boolean {
  if (gold.kind !== 'setOperation' || answer.kind !== 'setOperation' || gold.name !== answer.name) {
    return false;
  }
  return (
    sameInOrder(gold.items, answer.items, options) ||
    (gold.name !== 'difference' && sameInOrder(gold.items, answer.items.toReversed(), options))
  );
}

function sameMatrix(gold: Node, answer: Node, options: CompareOptions): boolean {
  const [wanted, given] = [matrixOf(gold), matrixOf(answer)];
  return wanted !== undefined && given?.columns === wanted.columns && sameInOrder(wanted.items, given.items, options);
}

/** Equal ratios are equal, times of the day only if they are the same; a ratio of two is also their quotient. */
function sameRatio(gold: Node, answer: Node, options: CompareOptions): boolean {
  if (gold.kind !== 'ratio' || answer.kind !== 'ratio') {
    const isClock = (gold.kind === 'ratio' && gold.clock) || (answer.kind === 'ratio' && answer.clock);
    return !isClock && sameExpression(gold, answer, options.precision);
  }
  if ((gold.clock && answer.clock) || gold.items.length !== answer.items.length) {
    return sameInOrder(gold.items, answer.items, options);
  }
  const [first, otherFirst] = [gold.items[0], answer.items[0]];
  return gold.items.every((item, index) => {
    const other = answer.items[index];
    return (
      first !== undefined &&
      otherFirst !== undefined &&
      other !== undefined &&
      sameExpression(productOf([item, otherFirst]), productOf([other, first]), options.precision)
    );
  });
}

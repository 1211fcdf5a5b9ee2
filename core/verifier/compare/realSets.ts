import {
  childrenOf,
  contains,
  exactNumber,
  freeSymbols,
  keyOf,
  negated,
  productOf,
  substituted,
  sumOf,
  wholeNumber,
  type Node,
  type RelationOperator,
} from './node.ts';
import { rational } from '../rational.ts';
import { orderOf } from './sameExpression.ts';

const MOST_ENDS = 60;
const REALS: Node = { kind: 'namedSet', name: 'R' };
const INFINITY: Node = { kind: 'constant', name: 'infinity' };
const FLIPPED: Partial<Record<RelationOperator, RelationOperator>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '=': '=',
  '!=': '!=',
};

/** A set of real numbers, and the variable that is said to be in it, if one is. */
export interface RealSet {
  readonly set: Node;
  readonly variable?: string;
}

/** What a node says as a set of intervals and points with known ends; undefined for what is no such set. */
export function realSetOf(node: Node): RealSet | undefined {
  switch (node.kind) {
    case 'relation':
      return fromRelation(node);
    case 'list':
      return fromList(node);
    case 'builder':
      return realSetOf(node.items[0]);
    default:
      return isRealSet(node) ? { set: node } : undefined;
  }
}

/** Whether a node is a set of reals whose ends can be compared. */
function isRealSet(node: Node): boolean {
  switch (node.kind) {
    case 'namedSet':
      return node.name === 'R' || node.name === 'empty';
    case 'set':
      return node.items.every(isNumber);
    case 'tuple':
      return node.items.length === 2 && node.items.every(isNumber);
    case 'setOperation':
      return node.items.every(isRealSet);
    default:
      return false;
  }
}

function isNumber(node: Node): boolean {
  return (
    freeSymbols(node).size === 0 &&
    !contains(node, 'relation', 'list', 'set', 'tuple', 'matrix', 'namedSet', 'setOperation', 'plusMinus')
  );
}

function fromRelation(node: Extract<Node, { kind: 'relation' }>): RealSet | undefined {
  const { operators, items } = node;
  const [first, second] = items;
  if (operators.length === 1 && (operators[0] === 'in' || operators[0] === 'notin')) {
    const inner = second && realSetOf(second);
    if (first?.kind !== 'symbol' || !inner) {
      return undefined;
    }
    const set: Node =
      operators[0] === 'in' ? inner.set : { kind: 'setOperation', name: 'difference', items: [REALS, inner.set] };
    return { set, variable: first.name };
  }
  const sides = operators.map((operator, index) => oneSided(items[index], operator, items[index + 1]));
  const known = sides.filter((side) => side !== undefined);
  return known.length === sides.length ? combined('intersection', known) : undefined;
}

/** `x < 3` as an interval. */
function oneSided(left: Node | undefined, operator: RelationOperator, right: Node | undefined): RealSet | undefined {
  if (left?.kind !== 'symbol' && right?.kind === 'symbol') {
    const flipped = FLIPPED[operator];
    return flipped && oneSided(right, flipped, left);
  }
  if (left?.kind !== 'symbol' || !right || !isNumber(right)) {
    return undefined;
  }
  const set = sideOf(operator, right);
  return set && { set, variable: left.name };
}

function sideOf(operator: RelationOperator, end: Node): Node | undefined {
  switch (operator) {
    case '<':
      return { kind: 'tuple', brackets: '()', items: [negated(INFINITY), end] };
    case '<=':
      return { kind: 'tuple', brackets: '(]', items: [negated(INFINITY), end] };
    case '>':
      return { kind: 'tuple', brackets: '()', items: [end, INFINITY] };
    case '>=':
      return { kind: 'tuple', brackets: '[)', items: [end, INFINITY] };
    case '=':
      return { kind: 'set', items: [end] };
    case '!=':
      return { kind: 'setOperation', name: 'difference', items: [REALS, { kind: 'set', items: [end] }] };
    default:
      return undefined;
  }
}

/** Relations of one variable joined by "or" (union) or "and" (intersection); exclusions joined by a comma hold together. */
function fromList(node: Extract<Node, { kind: 'list' }>): RealSet | undefined {
  const isExclusion = node.items.every(
    (item) => item.kind === 'relation' && item.operators.every((operator) => operator === '!='),
  );
  if (!node.items.every((item) => item.kind === 'relation') || (node.joint === 'comma' && !isExclusion)) {
    return undefined;
  }
  const sets = node.items.map(realSetOf).filter((set) => set !== undefined);
  const name = node.joint === 'or' ? 'union' : 'intersection';
  return sets.length === node.items.length ? combined(name, sets) : undefined;
}

function combined(name: 'union' | 'intersection', sets: readonly RealSet[]): RealSet | undefined {
  const [first, ...others] = sets;
  if (!first || others.some((other) => other.variable !== first.variable)) {
    return undefined;
  }
  return others.reduce<RealSet>(
    (left, right) => ({ ...left, set: { kind: 'setOperation', name, items: [left.set, right.set] } }),
    first,
  );
}

/** Whether two sets have the same members: at their ends, and between them. */
export function sameRealSet(left: Node, right: Node): boolean {
  const ends = sortedEnds([...endsOf(left), ...endsOf(right)]);
  const points = ends && pointsAround(ends);
  const differs = points?.some((point) => {
    const inLeft = isMember(left, point);
    return inLeft === undefined || inLeft !== isMember(right, point);
  });
  return differs === false;
}

/** Whether a relation of one variable, not solved for it, holds exactly on a set: at and near the set's ends, and on a grid. */
export function holdsOn(relation: Node, set: Node): boolean {
  const [variable, ...others] = freeSymbols(relation);
  const ends = sortedEnds(endsOf(set));
  const around = ends && pointsAround(ends);
  if (variable === undefined || others.length > 0 || !around) {
    return false;
  }
  const near = ends.flatMap((end) => [NEAR, negated(NEAR)].map((step) => sumOf([end, step])));
  return [...around, ...near, ...gridOf(relation)].every((point) => {
    const [inSet, holds] = [isMember(set, point), isSatisfied(relation, variable, point)];
    return inSet !== undefined && inSet === holds;
  });
}

const NEAR: Node = exactNumber({ numerator: 1n, denominator: 1_000_000_000n });

function gridOf(relation: Node): readonly Node[] {
  const halves = Array.from({ length: 81 }, (_, index) => halfOf(BigInt(index - 40)));
  const far = [-1000n, -101n, -53n, 53n, 101n, 1000n].map(halfOf);
  return [...halves, ...far, ...numbersIn(relation).flatMap((number) => [number, negated(number)])];
}

function halfOf(value: bigint): Node {
  return exactNumber(rational(value, 2n) ?? { numerator: value, denominator: 1n });
}

function numbersIn(node: Node): readonly Node[] {
  return node.kind === 'number' ? [node] : childrenOf(node).flatMap(numbersIn);
}

/** Whether a relation, or a list of them, holds at a value of its variable; where a side has no value it does not. */
function isSatisfied(node: Node, variable: string, value: Node): boolean {
  if (node.kind === 'list') {
    const held = node.items.map((item) => isSatisfied(item, variable, value));
    return node.joint === 'or' ? held.includes(true) : !held.includes(false);
  }
  if (node.kind !== 'relation') {
    return false;
  }
  const sides = node.items.map((item) => substituted(item, variable, value));
  return node.operators.every((operator, index) => {
    const [left, right] = [sides[index], sides[index + 1]];
    const order = left && right && orderOf(left, right);
    return order !== undefined && isOrder(operator, order);
  });
}

function isOrder(operator: RelationOperator, order: -1 | 0 | 1): boolean {
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    default:
      return false;
  }
}

/** The numbers at which membership may change. */
function endsOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'tuple':
    case 'set':
      return node.items;
    case 'setOperation':
      return node.items.flatMap(endsOf);
    default:
      return [];
  }
}

/** The finite ends in order, each once; undefined where they have no order, or are too many. */
function sortedEnds(ends: readonly Node[]): readonly Node[] | undefined {
  const unique = [...new Map(ends.map((end) => [keyOf(end), end])).values()].filter(
    (end) => !contains(end, 'constant') || orderOf(end, INFINITY) !== 0,
  );
  const sorted: Node[] = [];
  for (const end of unique.length > MOST_ENDS ? [] : unique) {
    if (isInfinite(end)) {
      continue;
    }
    const orders = sorted.map((other) => orderOf(end, other));
    if (orders.includes(undefined) || orderOf(end, INFINITY) === undefined) {
      return undefined;
    }
    const place = orders.findIndex((order) => order !== undefined && order <= 0);
    if (place < 0) {
      sorted.push(end);
    } else if (orders[place] !== 0) {
      sorted.splice(place, 0, end);
    }
  }
  return unique.length > MOST_ENDS ? undefined : sorted;
}

function isInfinite(node: Node): boolean {
  return orderOf(node, INFINITY) === 0 || orderOf(node, negated(INFINITY)) === 0;
}

/** The ends, a point between each two, and one beyond on both sides. */
function pointsAround(ends: readonly Node[]): readonly Node[] {
  const [first, last] = [ends[0], ends.at(-1)];
  if (!first || !last) {
    return [wholeNumber(0n)];
  }
  const half = exactNumber({ numerator: 1n, denominator: 2n });
  const between = ends.slice(1).map((end, index) => productOf([half, sumOf([ends[index] ?? end, end])]));
  return [...ends, ...between, sumOf([first, wholeNumber(-1n)]), sumOf([last, wholeNumber(1n)])];
}

/** Whether a number is in a set; undefined where that cannot be told. */
function isMember(set: Node, point: Node): boolean | undefined {
  switch (set.kind) {
    case 'namedSet':
      return set.name === 'R';
    case 'set': {
      const orders = set.items.map((item) => orderOf(point, item));
      return orders.includes(undefined) ? undefined : orders.includes(0);
    }
    case 'tuple': {
      const [low, high] = set.items;
      const [fromLow, toHigh] = [low && orderOf(point, low), high && orderOf(point, high)];
      if (fromLow === undefined || toHigh === undefined) {
        return undefined;
      }
      const [open, close] = set.brackets;
      return (open === '[' ? fromLow >= 0 : fromLow > 0) && (close === ']' ? toHigh <= 0 : toHigh < 0);
    }
    case 'setOperation': {
      const [inLeft, inRight] = [isMember(set.items[0], point), isMember(set.items[1], point)];
      if (inLeft === undefined || inRight === undefined) {
        return undefined;
      }
      return set.name === 'union' ? inLeft || inRight : inLeft && inRight === (set.name === 'intersection');
    }
    default:
      return undefined;
  }
}

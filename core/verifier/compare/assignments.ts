import { freeSymbols, keyOf, type Node } from './node.ts';

/** A relation node. */
export type RelationNode = Extract<Node, { kind: 'relation' }>;

/** A name and what is said to be its value: `x = 5`, `f(x) = 2x`, `A:B = 2`, `(x, y) = (1, 2)`. */
export interface Assignment {
  /** What is named, in one way of writing. */
  readonly name: string;
  readonly target: Node;
  readonly value: Node;
}

/**
 * What a relation assigns, if it is an assignment: the last equal member, that before an approximation, is the value of a name.
 * An equation between expressions (`2x + y = 0`) is none.
 */
export function assignmentOf(node: Node): Assignment | undefined {
  if (node.kind !== 'relation' || node.operators.some((operator) => operator !== '=' && operator !== '~')) {
    return undefined;
  }
  const firstRounded = node.operators.indexOf('~');
  const exact = node.items.slice(0, firstRounded < 0 ? undefined : firstRounded + 1);
  const members = exact.length > 1 ? exact : node.items.slice(0, 2);
  const [first, last] = [members[0], members.at(-1)];
  if (!first || !last) {
    return undefined;
  }
  if (isName(first)) {
    return { name: nameOf(first), target: first, value: last };
  }
  const named = members.find(isName);
  if (members.length === 2) {
    return isName(last) ? { name: nameOf(last), target: last, value: first } : undefined;
  }
  return named && { name: nameOf(named), target: named, value: last };
}

function nameOf(target: Node): string {
  // The argument's letter does not matter: W(n) and W(x) are one function.
  return target.kind === 'call' ? target.name : keyOf(target);
}

/** Whether a node only names something: a variable, a function of one, a segment, a ratio of segments, a tuple of names. */
function isName(node: Node): boolean {
  switch (node.kind) {
    case 'symbol':
      return true;
    case 'call':
      return node.name.startsWith('function ') || (node.name === 'abs' && node.items.every(isSegment));
    case 'product':
      return isSegment(node) || isInverseFunction(node);
    case 'quotient':
      return node.items.every((item) => isSegment(item) || isDifferential(item));
    case 'ratio':
    case 'tuple':
      return node.items.every(isName);
    default:
      return false;
  }
}

/** Capital letters side by side, or an index of one: `AB`, `S_{ABC}`. */
function isSegment(node: Node): boolean {
  const letters = node.kind === 'product' ? node.items : [node];
  return letters.every(
    (letter, index) =>
      letter.kind === 'symbol' &&
      (/^(?:[A-Z]|\\[a-z]+ [A-Z]+)/u.test(letter.name) || (index === 0 && letters.length > 1 && letter.name === 'm')),
  );
}

/** `dy`. */
function isDifferential(node: Node): boolean {
  const [first, second] = node.kind === 'product' ? node.items : [node];
  return first?.kind === 'symbol' && first.name === 'd' && (second === undefined || second.kind === 'symbol');
}

/** `f^{-1}(x)`, read as a product. */
function isInverseFunction(node: Node): boolean {
  const [first, second, ...others] = node.kind === 'product' ? node.items : [];
  return (
    first?.kind === 'power' &&
    first.items[0].kind === 'symbol' &&
    /^[fgh]$/u.test(first.items[0].name) &&
    second?.kind === 'symbol' &&
    others.length === 0
  );
}

/** Whether a chain of equal members is a calculation without variables. */
export function isCalculation(node: RelationNode): boolean {
  return freeSymbols(node).size === 0 && node.operators.every((operator) => operator === '=' || operator === '~');
}

import { rational, type Rational } from '../rational.ts';
import type { Unit } from './units.ts';

/** How the two sides of a relation stand to each other. */
export type RelationOperator = '=' | '!=' | '<' | '<=' | '>' | '>=' | '~' | 'in' | 'notin' | 'mod';

/** How members of a list are joined. */
export type ListJoint = 'comma' | 'and' | 'or';

/** Anything that an answer may say, as a tree: numbers and expressions, and the sets, relations and lists of them. */
export type Node =
  | { readonly kind: 'number'; readonly value: Rational; readonly decimal: boolean }
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'constant'; readonly name: 'pi' | 'e' | 'i' | 'infinity' }
  | { readonly kind: 'sum'; readonly items: readonly Node[] }
  | { readonly kind: 'product'; readonly items: readonly Node[] }
  | { readonly kind: 'quotient'; readonly items: readonly [top: Node, bottom: Node] }
  | { readonly kind: 'power'; readonly items: readonly [base: Node, exponent: Node] }
  | { readonly kind: 'call'; readonly name: string; readonly items: readonly Node[] }
  | {
      readonly kind: 'series';
      readonly name: 'sum' | 'product';
      readonly variable: string;
      readonly items: readonly [from: Node, to: Node, body: Node];
      /** As it was written. */
      readonly latex: string;
    }
  /** An integral, limit or derivative, as it was written. */
  | { readonly kind: 'calculus'; readonly latex: string }
  /** Plus or minus its item; `flipped` for the sign of minus or plus. */
  | { readonly kind: 'plusMinus'; readonly flipped: boolean; readonly items: readonly [Node] }
  | { readonly kind: 'quantity'; readonly unit: Unit; readonly items: readonly [Node] }
  | { readonly kind: 'matrix'; readonly columns: number; readonly items: readonly Node[] }
  /** Items in brackets: a tuple, or an interval where there are two. Brackets are ( or [ on the left, ) or ] on the right. */
  | { readonly kind: 'tuple'; readonly brackets: string; readonly items: readonly Node[] }
  | { readonly kind: 'set'; readonly items: readonly Node[] }
  /** The values of the variable for which the condition holds. */
  | { readonly kind: 'builder'; readonly items: readonly [condition: Node] }
  | { readonly kind: 'namedSet'; readonly name: 'R' | 'Z' | 'N' | 'Q' | 'C' | 'empty' }
  | {
      readonly kind: 'setOperation';
      readonly name: 'union' | 'intersection' | 'difference';
      readonly items: readonly [Node, Node];
    }
  | { readonly kind: 'list'; readonly joint: ListJoint; readonly items: readonly Node[] }
  | {
      readonly kind: 'relation';
      readonly operators: readonly RelationOperator[];
      /** One more than operators; that of `mod` has the modulus as a third. */
      readonly items: readonly Node[];
    }
  | { readonly kind: 'ratio'; readonly clock: boolean; readonly items: readonly Node[] };

const NO_ITEMS: readonly Node[] = [];

/** The nodes directly below one. */
export function childrenOf(node: Node): readonly Node[] {
  return 'items' in node ? node.items : NO_ITEMS;
}

/** The same node over other children, as many as it has. */
export function withChildren(node: Node, items: readonly Node[]): Node {
  // The kinds with a fixed number of children get that number back.
  return 'items' in node ? ({ ...node, items } as Node) : node;
}

/** A whole number as a node. */
export function wholeNumber(value: bigint): Node {
  return { kind: 'number', value: { numerator: value, denominator: 1n }, decimal: false };
}

/** An exact fraction as a node. */
export function exactNumber(value: Rational): Node {
  return { kind: 'number', value, decimal: false };
}

/** The negative of a node; numbers and quantities stay such. */
export function negated(node: Node): Node {
  if (node.kind === 'number') {
    return { ...node, value: { numerator: -node.value.numerator, denominator: node.value.denominator } };
  }
  if (node.kind === 'quantity') {
    return { ...node, items: [negated(node.items[0])] };
  }
  return { kind: 'product', items: [wholeNumber(-1n), node] };
}

/** The sum of nodes; one alone is itself. */
export function sumOf(items: readonly Node[]): Node {
  const only = items.length === 1 ? items[0] : undefined;
  return only ?? { kind: 'sum', items };
}

/** The product of nodes; one alone is itself. */
export function productOf(items: readonly Node[]): Node {
  const only = items.length === 1 ? items[0] : undefined;
  return only ?? { kind: 'product', items };
}

/** `left - right`. */
export function difference(left: Node, right: Node): Node {
  return { kind: 'sum', items: [left, negated(right)] };
}

/** `top / bottom`; a fraction of whole numbers is one number. */
export function quotientOf(top: Node, bottom: Node): Node {
  if (isWhole(top) && isWhole(bottom)) {
    const value = rational(top.value.numerator, bottom.value.numerator);
    return value ? exactNumber(value) : { kind: 'quotient', items: [top, bottom] };
  }
  return { kind: 'quotient', items: [top, bottom] };
}

/** Whether a node is a whole number, written without a decimal point. */
function isWhole(node: Node): node is Extract<Node, { kind: 'number' }> {
  return node.kind === 'number' && !node.decimal && node.value.denominator === 1n;
}

/** Whether a node, or one below it, is of one of these kinds. */
export function contains(node: Node, ...kinds: readonly Node['kind'][]): boolean {
  return kinds.includes(node.kind) || childrenOf(node).some((child) => contains(child, ...kinds));
}

/** The free variables of a node: those of sums and products are bound. */
export function freeSymbols(node: Node, found = new Set<string>()): Set<string> {
  if (node.kind === 'symbol') {
    found.add(node.name);
  } else if (node.kind === 'series') {
    const [from, to, body] = node.items;
    freeSymbols(from, found);
    freeSymbols(to, found);
    freeSymbols(body).forEach((name) => name !== node.variable && found.add(name));
  } else {
    for (const child of childrenOf(node)) {
      freeSymbols(child, found);
    }
  }
  return found;
}

/** The node with a value in place of a variable. */
export function substituted(node: Node, variable: string, value: Node): Node {
  if (node.kind === 'symbol') {
    return node.name === variable ? value : node;
  }
  const children = childrenOf(node);
  return children.length === 0
    ? node
    : withChildren(
        node,
        children.map((child) => substituted(child, variable, value)),
      );
}

/** A text that is the same for nodes which differ only in the order of sums, products, sets and lists. */
export function keyOf(node: Node): string {
  const keys = childrenOf(node).map(keyOf);
  switch (node.kind) {
    case 'number':
      return `${node.value.numerator}/${node.value.denominator}`;
    case 'symbol':
      return `$${node.name}`;
    case 'constant':
    case 'namedSet':
      return `#${node.name}`;
    case 'calculus':
      return `calculus{${node.latex.replaceAll(/\s/gu, '')}}`;
    case 'quantity':
      return `quantity ${node.unit.name}(${keys.join(';')})`;
    case 'sum':
    case 'product':
    case 'set':
      return `${node.kind}(${keys.toSorted().join(';')})`;
    case 'list':
      return `${node.kind} ${node.joint}(${keys.toSorted().join(';')})`;
    case 'call':
    case 'setOperation':
      return `${node.name}(${keys.join(';')})`;
    case 'series':
      return `${node.name} ${node.variable}(${keys.join(';')})`;
    case 'relation':
      return `${node.operators.join(' ')}(${keys.join(';')})`;
    case 'tuple':
      return `${node.brackets}(${keys.join(';')})`;
    case 'matrix':
      return `matrix ${node.columns}(${keys.join(';')})`;
    case 'plusMinus':
      return `${node.flipped ? '-+' : '+-'}(${keys.join(';')})`;
    case 'quotient':
    case 'power':
    case 'builder':
    case 'ratio':
      return `${node.kind}(${keys.join(';')})`;
  }
}

import type { RelationNode } from './assignments.ts';
import { difference, freeSymbols, type Node, type RelationOperator } from './node.ts';
import { constantRatio, sameExpression } from './sameExpression.ts';

/** One relation of two sides, as what stands to zero: `form < 0`. */
interface SimpleRelation {
  readonly operator: '=' | '!=' | '<' | '<=';
  readonly form: Node;
}

/**
 * Whether two relations say the same, up to equivalent form: sides swapped, terms moved, both sides scaled (inequalities by
 * positive numbers). Chains are the same if each of their links has its like in the other.
 */
export function sameRelation(left: RelationNode, right: RelationNode, precision: number): boolean {
  if (left.operators[0] === 'mod' || right.operators[0] === 'mod') {
    return sameCongruence(left, right, precision);
  }
  const [first, second] = [linksOf(left), linksOf(right)];
  if (first?.length !== second?.length || !first || !second) {
    return false;
  }
  const rest = [...second];
  return first.every((link) => {
    const index = rest.findIndex((other) => sameLink(link, other));
    if (index >= 0) {
      rest.splice(index, 1);
    }
    return index >= 0;
  });
}

function linksOf(relation: RelationNode): readonly SimpleRelation[] | undefined {
  const links = relation.operators.map((operator, index) => {
    const [left, right] = [relation.items[index], relation.items[index + 1]];
    return left && right && linkOf(left, operator, right);
  });
  const known = links.filter((link) => link !== undefined);
  return known.length === links.length ? known : undefined;
}

function linkOf(left: Node, operator: RelationOperator, right: Node): SimpleRelation | undefined {
  switch (operator) {
    case '=':
    case '!=':
    case '<':
    case '<=':
      return { operator, form: difference(left, right) };
    case '>':
      return { operator: '<', form: difference(right, left) };
    case '>=':
      return { operator: '<=', form: difference(right, left) };
    default:
      return undefined;
  }
}

function sameLink(left: SimpleRelation, right: SimpleRelation): boolean {
  if (left.operator !== right.operator || freeSymbols(left.form).size === 0) {
    return false;
  }
  const ratio = constantRatio(left.form, right.form);
  return ratio === 'positive' || (ratio === 'negative' && (left.operator === '=' || left.operator === '!='));
}

/** `x = 3 (mod 5)` and `x = 8 (mod 5)`. */
function sameCongruence(left: RelationNode, right: RelationNode, precision: number): boolean {
  const [[name, rest, modulus], [otherName, otherRest, otherModulus]] = [left.items, right.items];
  if (
    left.operators.join() !== right.operators.join() ||
    !name ||
    !rest ||
    !modulus ||
    !otherName ||
    !otherRest ||
    !otherModulus
  ) {
    return false;
  }
  const remainders = [rest, otherRest].map((value): Node => ({ kind: 'call', name: 'mod', items: [value, modulus] }));
  const [first, second] = remainders;
  return (
    sameExpression(modulus, otherModulus, precision) &&
    sameExpression(name, otherName, precision) &&
    first !== undefined &&
    second !== undefined &&
    sameExpression(first, second, precision)
  );
}

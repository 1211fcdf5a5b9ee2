import { childrenOf, contains, negated, withChildren, type Node } from './node.ts';

const MOST_SIGNS = 4;

/**
 * The same with every plus-minus sign written out as its values: an expression or relation becomes a list of all of them, in a
 * list or set the values join the others. Minus-plus goes with plus-minus; several plus-minus signs alone are independent.
 */
export function expandedSigns(node: Node): Node {
  if (!contains(node, 'plusMinus')) {
    return node;
  }
  if (node.kind === 'list' || node.kind === 'set') {
    const items = node.items.map(expandedSigns).flatMap((item) => (item.kind === 'list' ? item.items : [item]));
    return { ...node, items };
  }
  const signs = signsOf(node);
  const isCoupled = signs.some((sign) => sign.flipped);
  if (signs.length > MOST_SIGNS) {
    return node;
  }
  const choices = isCoupled
    ? [0, (1 << signs.length) - 1]
    : Array.from({ length: 1 << signs.length }, (_, choice) => choice);
  const items = choices.map((choice) => chosen(node, { choice, next: 0 }));
  return { kind: 'list', joint: 'or', items };
}

function signsOf(node: Node): readonly Extract<Node, { kind: 'plusMinus' }>[] {
  const below = childrenOf(node).flatMap(signsOf);
  return node.kind === 'plusMinus' ? [node, ...below] : below;
}

/** Takes plus or minus at each sign, as the bits of `choice` say. */
function chosen(node: Node, state: { readonly choice: number; next: number }): Node {
  if (node.kind !== 'plusMinus') {
    return withChildren(
      node,
      childrenOf(node).map((child) => chosen(child, state)),
    );
  }
  const isMinus = ((state.choice >> state.next) & 1) === 1;
  state.next++;
  const value = chosen(node.items[0], state);
  return isMinus === node.flipped ? value : negated(value);
}

import type { JinjaValue } from './jinjaValue.ts';

/** A node of a parsed template. The library exports none of its node classes; these are the fields that are read here. */
export interface JinjaNode {
  readonly type: string;
}

/** A name. */
export interface IdentifierNode extends JinjaNode {
  readonly value: string;
}

/** `callee(args)`, also a filter with arguments. */
export interface CallNode extends JinjaNode {
  readonly callee: JinjaNode;
  readonly args: readonly JinjaNode[];
}

/** `key=value` in a call. */
export interface KeywordArgumentNode extends JinjaNode {
  readonly key: IdentifierNode;
  readonly value: JinjaNode;
}

/** `object.property` or `object[property]`. */
export interface MemberNode extends JinjaNode {
  readonly object: JinjaNode;
  readonly property: JinjaNode;
  readonly computed: boolean;
}

/** `left operator right`. */
export interface BinaryNode extends JinjaNode {
  readonly operator: { readonly value: string };
  readonly left: JinjaNode;
  readonly right: JinjaNode;
}

/** `operand | filter`. */
export interface FilterNode extends JinjaNode {
  readonly operand: JinjaNode;
  readonly filter: JinjaNode;
}

/** `operand is test`, or `is not` where `negate`. */
export interface TestNode extends JinjaNode {
  readonly operand: JinjaNode;
  readonly test: IdentifierNode;
  readonly negate: boolean;
}

/** Statements with a body: a program, a macro, a call, set or filter block. */
export interface BodyNode extends JinjaNode {
  readonly body: readonly JinjaNode[];
}

/** `{% filter %}`. */
export interface FilterBlockNode extends BodyNode {
  readonly filter: JinjaNode;
}

/** `{% if %}`. */
export interface IfNode extends BodyNode {
  readonly test: JinjaNode;
  readonly alternate: readonly JinjaNode[];
}

/** `lhs if test`; in a loop, `iterable if test`. */
export interface SelectNode extends JinjaNode {
  readonly lhs: JinjaNode;
  readonly test: JinjaNode;
}

/** `{% for %}`. */
export interface ForNode extends BodyNode {
  readonly loopvar: JinjaNode;
  readonly iterable: JinjaNode;
  readonly defaultBlock: readonly JinjaNode[];
}

/** A tuple of nodes. */
export interface TupleNode extends JinjaNode {
  readonly value: readonly JinjaNode[];
}

/** A node that stands for what another has already been evaluated to, so that it is not evaluated twice. */
export interface HeldNode extends JinjaNode {
  readonly type: 'Held';
  readonly held: JinjaValue;
}

const statements = new Set([
  'If',
  'For',
  'Set',
  'Macro',
  'Comment',
  'Break',
  'Continue',
  'CallStatement',
  'FilterStatement',
  'Program',
]);

/** Whether a node in a body is an expression, whose value is printed. */
export function isOutput(node: JinjaNode): boolean {
  return !statements.has(node.type);
}

/** The value as a node. */
export function hold(held: JinjaValue): HeldNode {
  return { type: 'Held', held };
}

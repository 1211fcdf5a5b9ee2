import { Environment, Interpreter } from '@huggingface/jinja';
import type { FilterContext, JinjaArguments } from './jinjaFilters.ts';
import { jinjaFilters, stringMethods } from './jinjaFilters.ts';
import type {
  BinaryNode,
  BodyNode,
  CallNode,
  FilterBlockNode,
  FilterNode,
  ForNode,
  HeldNode,
  IdentifierNode,
  IfNode,
  JinjaNode,
  KeywordArgumentNode,
  MemberNode,
  SelectNode,
  TestNode,
  TupleNode,
} from './jinjaNodes.ts';
import { hold, isOutput } from './jinjaNodes.ts';
import type { JinjaValue } from './jinjaValue.ts';
import { contentOf, equals, itemsOf, numberOf, toJinja, toJinjaMapping, toText, typeName } from './jinjaValue.ts';

// A real template takes a few thousand steps for a long conversation; a hostile one must end. What a step costs is bounded too: a
// list counts by its items, a text by pieces of this many characters.
const MAX_STEPS = 2_000_000;
const CHARACTERS_PER_STEP = 64;
const STEPS_PER_TURN = 10;

const iterableTypes = new Set(['ArrayValue', 'TupleValue', 'ObjectValue', 'StringValue', 'UndefinedValue']);

type LibraryNode = Parameters<Interpreter['evaluate']>[0];

/** Leaves the body of a loop; what it had printed before counts. */
class LoopSignal extends Error {
  readonly kind: string;
  printed = '';

  constructor(kind: string) {
    super(`${kind.toLowerCase()} outside of a loop`);
    this.kind = kind;
  }
}

/**
 * The interpreter of @huggingface/jinja with the semantics of Jinja under Python, which is what transformers renders chat templates
 * with. The library's own lets common templates through as they are; but it prints `true`, JSON and nothing where Python prints `True`, a
 * repr and `None`; compares by JavaScript's `==`; ignores the argument of `strip('\n')`, on which Qwen3's template relies; keeps variables
 * set in a loop for the next turn; loses what a loop's body printed before `break` and `continue`; and goes on where Python fails. Each of
 * these gives a model other tokens than it was trained on, without a word. Everything else is the library's.
 */
export class JinjaInterpreter extends Interpreter {
  private steps = 0;
  private readonly programPrototype: object;

  /** `programPrototype`: of the library's own class, which it recognises when it looks for `kwargs` and `varargs` in a macro. */
  constructor(programPrototype: object) {
    super();
    this.programPrototype = programPrototype;
  }

  override evaluate(node: JinjaNode | undefined, environment: Environment): JinjaValue {
    this.count(1);
    switch (node?.type) {
      case 'Held':
        return (node as HeldNode).held;
      case 'Program':
        return this.block((node as BodyNode).body, environment);
      case 'If':
        return this.ifElse(node as IfNode, environment);
      case 'For':
        return this.loop(node as ForNode, environment);
      case 'Break':
      case 'Continue':
        throw new LoopSignal(node.type);
      case 'Macro':
      case 'CallStatement':
      case 'Set':
        return this.inherited(withPythonBody(node as BodyNode, this.programPrototype), environment);
      case 'FilterStatement':
        return this.filterBlock(node as FilterBlockNode, environment);
      case 'FilterExpression':
        return this.filter(
          this.evaluate((node as FilterNode).operand, environment),
          (node as FilterNode).filter,
          environment,
        );
      case 'BinaryExpression':
        return this.binary(node as BinaryNode, environment);
      case 'CallExpression':
        return this.call(node as CallNode, environment);
      case 'MemberExpression':
        return this.member(node as MemberNode, environment);
      case 'TestExpression': {
        const { operand, test, negate } = node as TestNode;
        return toJinja(this.test(test.value, this.evaluate(operand, environment), [], environment) !== negate);
      }
      default:
        return node === undefined ? toJinja(undefined) : this.inherited(node, environment);
    }
  }

  private count(steps: number): void {
    this.steps += steps;
    if (this.steps > MAX_STEPS) throw new RangeError(`more than ${MAX_STEPS} steps`);
  }

  private inherited(node: JinjaNode, environment: Environment): JinjaValue {
    const statement: LibraryNode = Object.assign(
      Object.create(this.programPrototype) as NonNullable<LibraryNode>,
      node,
    );
    return super.evaluate(statement, environment);
  }

  private block(body: readonly JinjaNode[], environment: Environment): JinjaValue {
    let printed = '';
    for (const node of body) {
      try {
        const value = this.evaluate(node, environment);
        printed += isOutput(node) ? toText(value) : (contentOf(value, 'StringValue') ?? '');
      } catch (error) {
        if (error instanceof LoopSignal) error.printed = printed + error.printed;
        throw error;
      }
    }
    return toJinja(printed);
  }

  private ifElse(node: IfNode, environment: Environment): JinjaValue {
    const isTrue = this.evaluate(node.test, environment).__bool__().value;
    return this.block(isTrue ? node.body : node.alternate, environment);
  }

  private loop(node: ForNode, environment: Environment): JinjaValue {
    const scopes = this.loopScopes(node, environment);
    let printed = '';
    let hasFinishedTurn = false;
    for (const scope of scopes) {
      try {
        printed += toText(this.block(node.body, scope));
        hasFinishedTurn = true;
      } catch (error) {
        if (!(error instanceof LoopSignal)) throw error;
        printed += error.printed;
        if (error.kind === 'Break') break;
      }
    }
    // Jinja marks a turn only at its end, so `else` also follows loops whose every turn was left by `continue` or `break`.
    if (!hasFinishedTurn) printed += toText(this.block(node.defaultBlock, environment));
    return toJinja(printed);
  }

  private loopScopes(node: ForNode, environment: Environment): Environment[] {
    const select = node.iterable.type === 'SelectExpression' ? (node.iterable as SelectNode) : undefined;
    const items = itemsOf(this.evaluate(select?.lhs ?? node.iterable, environment));
    // A turn costs time, for its scope, even where its body is empty.
    this.count(items.length * STEPS_PER_TURN);
    const turns = items
      .map((item) => ({ item, scope: bind(node.loopvar, item, new Environment(environment)) }))
      .filter(({ scope }) => select === undefined || this.evaluate(select.test, scope).__bool__().value);
    return turns.map(({ scope }, i) => {
      const at = (index: number): JinjaValue => turns[index]?.item ?? toJinja(undefined);
      const count = turns.length;
      const numbers = { index: i + 1, index0: i, revindex: count - i, revindex0: count - i - 1, length: count };
      const facts = Object.entries({ ...numbers, first: i === 0, last: i === count - 1 });
      const loop = toJinjaMapping(facts.map(([name, value]) => [name, toJinja(value)]));
      scope.setVariable(
        'loop',
        toJinjaMapping([...(contentOf(loop, 'ObjectValue') ?? []), ['previtem', at(i - 1)], ['nextitem', at(i + 1)]]),
      );
      return scope;
    });
  }

  private filterBlock(node: FilterBlockNode, environment: Environment): JinjaValue {
    return this.filter(this.block(node.body, environment), node.filter, environment);
  }

  private filter(value: JinjaValue, filter: JinjaNode, environment: Environment): JinjaValue {
    const call = filter.type === 'CallExpression' ? (filter as CallNode) : undefined;
    const { value: name } = (call?.callee ?? filter) as IdentifierNode;
    this.count(sizeOf(value));
    const own = jinjaFilters.get(name);
    if (own === undefined)
      return this.inherited({ type: 'FilterExpression', operand: hold(value), filter } as FilterNode, environment);
    const context: FilterContext = {
      test: (test, item, rest) => this.test(test, item, rest, environment),
      filter: (inner, item) => this.filter(item, { type: 'Identifier', value: inner } as IdentifierNode, environment),
    };
    return own(value, this.arguments(call?.args ?? [], environment), context);
  }

  private test(name: string, value: JinjaValue, rest: readonly JinjaValue[], environment: Environment): boolean {
    const [other] = rest;
    if (other !== undefined) {
      if (['equalto', 'eq', '=='].includes(name)) return equals(value, other);
      if (['ne', '!='].includes(name)) return !equals(value, other);
      if (name === 'in') return itemsOf(other).some((item) => equals(item, value));
    }
    if (name === 'number') return numberOf(value) !== undefined;
    if (name === 'float') return value.type === 'FloatValue';
    if (name === 'iterable' || name === 'sequence') return iterableTypes.has(value.type);
    const test = environment.tests.get(name);
    if (test === undefined) throw new TypeError(`unknown test ${name}`);
    return test(value, ...rest);
  }

  private binary(node: BinaryNode, environment: Environment): JinjaValue {
    const operator = node.operator.value;
    if (operator === 'and' || operator === 'or') return this.inherited(node, environment);
    const left = this.evaluate(node.left, environment);
    const right = this.evaluate(node.right, environment);
    const own = binaryInPython(operator, left, right);
    if (own !== undefined) return toJinja(own);
    return this.inherited({ ...node, left: hold(left), right: hold(right) } as BinaryNode, environment);
  }

  private call(node: CallNode, environment: Environment): JinjaValue {
    const result = this.called(node, environment);
    this.count(sizeOf(result));
    return result;
  }

  private called(node: CallNode, environment: Environment): JinjaValue {
    if (node.callee.type !== 'MemberExpression') return this.inherited(node, environment);
    const callee = node.callee as MemberNode;
    const object = this.evaluate(callee.object, environment);
    const text = contentOf(object, 'StringValue');
    const method = callee.computed ? undefined : stringMethods.get((callee.property as IdentifierNode).value);
    if (text !== undefined && method !== undefined)
      return method(text, this.arguments(node.args, environment).positional);
    const held: MemberNode = { ...callee, object: hold(object) };
    return this.inherited({ ...node, callee: held } as CallNode, environment);
  }

  private member(node: MemberNode, environment: Environment): JinjaValue {
    const object = this.evaluate(node.object, environment);
    if (object.type === 'UndefinedValue') throw new TypeError(`${describe(node.object)} is undefined`);
    return this.inherited({ ...node, object: hold(object) } as MemberNode, environment);
  }

  private arguments(nodes: readonly JinjaNode[], environment: Environment): JinjaArguments {
    const positional: JinjaValue[] = [];
    const keyword = new Map<string, JinjaValue>();
    for (const node of nodes) {
      if (node.type.endsWith('SpreadExpression')) throw new TypeError('unpacked arguments are not supported here');
      const named = node.type === 'KeywordArgumentExpression' ? (node as KeywordArgumentNode) : undefined;
      if (named === undefined) positional.push(this.evaluate(node, environment));
      else keyword.set(named.key.value, this.evaluate(named.value, environment));
    }
    return { positional, keyword };
  }
}

/** Steps that going through a value takes. */
function sizeOf(value: JinjaValue): number {
  const text = contentOf(value, 'StringValue');
  if (text !== undefined) return Math.floor(text.length / CHARACTERS_PER_STEP);
  return (contentOf(value, 'ArrayValue') ?? contentOf(value, 'TupleValue') ?? []).length;
}

/** A macro, call block or set block whose body is one program, which this interpreter prints and not the library's. */
function withPythonBody(node: BodyNode, programPrototype: object): JinjaNode {
  const program: unknown = Object.assign(Object.create(programPrototype) as object, {
    type: 'Program',
    body: node.body,
  });
  return { ...node, body: [program] } as BodyNode;
}

function bind(target: JinjaNode, value: JinjaValue, scope: Environment): Environment {
  if (target.type !== 'TupleLiteral') {
    scope.setVariable((target as IdentifierNode).value, value);
    return scope;
  }
  const names = (target as TupleNode).value;
  const items = itemsOf(value);
  if (items.length !== names.length)
    throw new TypeError(`${items.length} values cannot be unpacked into ${names.length} names`);
  for (const [i, item] of items.entries()) scope.setVariable((names[i] as IdentifierNode).value, item);
  return scope;
}

function binaryInPython(operator: string, left: JinjaValue, right: JinjaValue): boolean | number | string | undefined {
  if (operator === '==') return equals(left, right);
  if (operator === '!=') return !equals(left, right);
  if (operator === '~') return toText(left) + toText(right);
  const isList = right.type === 'ArrayValue' || right.type === 'TupleValue';
  if (isList && (operator === 'in' || operator === 'not in')) {
    return itemsOf(right).some((item) => equals(item, left)) === (operator === 'in');
  }
  if (operator === '%') return pythonModulo(contentOf(left, 'IntegerValue'), contentOf(right, 'IntegerValue'));
  const [first, second] = [contentOf(left, 'StringValue'), contentOf(right, 'StringValue')];
  if (first !== undefined && second !== undefined && /^[<>]=?$/.test(operator)) return compare(operator, first, second);
  if (first !== undefined && operator === '*') return repeat(first, contentOf(right, 'IntegerValue'));
  const isOneText = (first === undefined) !== (second === undefined);
  if (operator === '+' && isOneText) throw new TypeError(`${typeName(left)} and ${typeName(right)} cannot be added`);
  return undefined;
}

function compare(operator: string, left: string, right: string): boolean {
  // UTF-8 keeps the order of code points, which is Python's; UTF-16 does not.
  const order = Buffer.compare(Buffer.from(left), Buffer.from(right));
  if (order === 0) return operator.endsWith('=');
  return operator.startsWith('<') === order < 0;
}

function repeat(text: string, count: number | undefined): string | undefined {
  if (count === undefined) return undefined;
  if (count * text.length > MAX_STEPS) throw new RangeError(`a text of ${count * text.length} characters`);
  return text.repeat(Math.max(0, count));
}

function pythonModulo(left: number | undefined, right: number | undefined): number | undefined {
  if (left === undefined || right === undefined) return undefined;
  if (right === 0) throw new RangeError('modulo by zero');
  return left - right * Math.floor(left / right);
}

function describe(node: JinjaNode): string {
  return node.type === 'Identifier' ? (node as IdentifierNode).value : 'a value';
}

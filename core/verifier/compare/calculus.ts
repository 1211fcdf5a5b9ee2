import { BigDecimal, ComputeEngine, type MathJsonExpression } from '@cortex-js/compute-engine';
import { childrenOf, exactNumber, negated, productOf, sumOf, wholeNumber, withChildren, type Node } from './node.ts';
import { parseNumber } from '../parseNumber.ts';

const LONGEST = 300;
const MILLISECONDS = 400;
const MOST_RESULTS = 200;

let engine: ComputeEngine | undefined;
const results = new Map<string, Node | undefined>();

/** Constants by their MathJSON names. */
const CONSTANTS: Readonly<Record<string, Node>> = {
  Pi: { kind: 'constant', name: 'pi' },
  ExponentialE: { kind: 'constant', name: 'e' },
  ImaginaryUnit: { kind: 'constant', name: 'i' },
  PositiveInfinity: { kind: 'constant', name: 'infinity' },
  NegativeInfinity: negated({ kind: 'constant', name: 'infinity' }),
};
/** Functions by their MathJSON names. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  Sin: 'sin',
  Cos: 'cos',
  Tan: 'tan',
  Cot: 'cot',
  Sec: 'sec',
  Csc: 'csc',
  Arcsin: 'arcsin',
  Arccos: 'arccos',
  Arctan: 'arctan',
  Sinh: 'sinh',
  Cosh: 'cosh',
  Tanh: 'tanh',
  Arsinh: 'arcsinh',
  Arcosh: 'arccosh',
  Artanh: 'arctanh',
  Ln: 'ln',
  Exp: 'exp',
  Abs: 'abs',
  Factorial: 'factorial',
  Floor: 'floor',
  Ceil: 'ceil',
};

/**
 * The same expression with its integrals, limits, derivatives and infinite series worked out by compute-engine; undefined where
 * one has no closed form, or takes too long. The engine is created at the first of them.
 */
export function resolvedCalculus(node: Node): Node | undefined {
  if (node.kind === 'calculus') {
    return closedForm(node.latex);
  }
  const isInfinite = node.kind === 'series' && node.items[1].kind === 'constant';
  if (isInfinite) {
    return closedForm(node.latex) ?? node;
  }
  const children = childrenOf(node);
  const resolved = children.map(resolvedCalculus);
  const known = resolved.filter((child) => child !== undefined);
  if (known.length !== children.length) {
    return undefined;
  }
  return known.every((child, index) => child === children[index]) ? node : withChildren(node, known);
}

function closedForm(latex: string): Node | undefined {
  if (latex.length > LONGEST) {
    return undefined;
  }
  if (!results.has(latex)) {
    if (results.size >= MOST_RESULTS) {
      results.clear();
    }
    results.set(latex, workedOut(latex));
  }
  return results.get(latex);
}

function workedOut(latex: string): Node | undefined {
  const created = (engine ??= new ComputeEngine());
  // The working precision is one for all of the library.
  BigDecimal.precision = created.precision;
  try {
    return created.withTimeLimit(MILLISECONDS, () => fromMathJson(created.parse(latex).evaluate().json));
  } catch {
    // Whatever goes wrong in there, the expression has no closed form for us.
    return undefined;
  }
}

/** MathJSON as a node; undefined for what is no closed form: a rounded number, an unevaluated operation. */
function fromMathJson(json: MathJsonExpression): Node | undefined {
  if (typeof json === 'number') {
    return Number.isSafeInteger(json) ? wholeNumber(BigInt(json)) : undefined;
  }
  if (typeof json === 'string') {
    return CONSTANTS[json] ?? (/^[A-Za-z]$/u.test(json) ? { kind: 'symbol', name: json } : undefined);
  }
  if (Array.isArray(json)) {
    const [name, ...operands] = json as [string, ...MathJsonExpression[]];
    const items = operands.map(fromMathJson).filter((item) => item !== undefined);
    return items.length === operands.length ? fromOperation(name, items) : undefined;
  }
  const whole = 'num' in json && /^-?\d+$/u.test(json.num) ? parseNumber(json.num) : undefined;
  return whole && exactNumber(whole);
}

function fromOperation(name: string, items: readonly Node[]): Node | undefined {
  const [first, second] = items;
  if (!first) {
    return undefined;
  }
  switch (name) {
    case 'Add':
      return sumOf(items);
    case 'Multiply':
      return productOf(items);
    case 'Negate':
      return negated(first);
    case 'Divide':
    case 'Rational':
      return second && { kind: 'quotient', items: [first, second] };
    case 'Power':
      return second && { kind: 'power', items: [first, second] };
    case 'Square':
      return { kind: 'power', items: [first, wholeNumber(2n)] };
    case 'Sqrt':
      return { kind: 'call', name: 'root', items: [first, wholeNumber(2n)] };
    case 'Root':
      return second && { kind: 'call', name: 'root', items: [first, second] };
    case 'Log':
      return second && { kind: 'call', name: 'log', items: [first, second] };
    case 'Complex':
      return second && sumOf([first, productOf([second, { kind: 'constant', name: 'i' }])]);
    default: {
      const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
      return known === undefined ? undefined : { kind: 'call', name: known, items: [first] };
    }
  }
}

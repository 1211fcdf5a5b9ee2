import { applyOperator, rational, type ArithmeticOperator, type Rational } from './rational.ts';

/** A parsed and evaluated expression. */
export interface EvaluatedExpression {
  readonly value: Rational;
  /** Every number written in it, in order. */
  readonly numbers: readonly bigint[];
}

/** Why an expression has no value. */
export interface ExpressionProblem {
  readonly problem: string;
}

const longestExpression = 4_000;
const longestDigits = 50;
const SYMBOLS: readonly (readonly [RegExp, string])[] = [
  [/\\times|\\cdot|[×·∗]/gu, '*'],
  [/\\div|[÷∕]/gu, '/'],
  [/[−–]/gu, '-'],
  [/\\left|\\right|\\[,;:! ]|\s|\$/gu, ''],
];
const TOKEN = /\d+|[()+\-*/]/gu;
const NEGATION = 'negation';
type PendingOperator = ArithmeticOperator | typeof NEGATION | '(';
const STRENGTH: Readonly<Record<PendingOperator, number>> = { '(': 0, '+': 1, '-': 1, '*': 2, '/': 2, [NEGATION]: 3 };

/**
 * Evaluates an expression of whole numbers, + - * / and round brackets exactly, by operator precedence with explicit stacks:
 * nothing is executed, nothing recurses, and length and digits are bounded. Knows the usual other signs (×, ÷, −, `\times`, ...).
 */
export function evaluateExpression(text: string): EvaluatedExpression | ExpressionProblem {
  if (text.length > longestExpression) {
    return { problem: `longer than ${longestExpression} characters` };
  }
  const plain = SYMBOLS.reduce((result, [pattern, symbol]) => result.replace(pattern, symbol), text);
  const tokens = plain.match(TOKEN) ?? [];
  if (tokens.join('') !== plain) {
    return { problem: 'holds something else than whole numbers, + - * / and brackets' };
  }
  return new ExpressionReader().read(tokens);
}

class ExpressionReader {
  private readonly values: Rational[] = [];
  private readonly pending: PendingOperator[] = [];
  private readonly numbers: bigint[] = [];

  read(tokens: readonly string[]): EvaluatedExpression | ExpressionProblem {
    let expectsValue = true;
    for (const token of tokens) {
      const next = this.accept(token, expectsValue);
      if (typeof next !== 'boolean') {
        return next;
      }
      expectsValue = next;
    }
    const problem = expectsValue ? { problem: 'ends where a number is expected' } : this.apply(1);
    if (problem !== undefined) {
      return problem;
    }
    const value = this.values[0];
    if (value === undefined || this.pending.length > 0) {
      return { problem: 'brackets do not match' };
    }
    return { value, numbers: this.numbers };
  }

  /** Takes one token; says whether a value must follow. */
  private accept(token: string, expectsValue: boolean): boolean | ExpressionProblem {
    if (expectsValue) {
      return this.acceptValue(token);
    }
    if (token === ')') {
      const problem = this.apply(1);
      return problem ?? (this.pending.pop() === '(' ? false : { problem: 'brackets do not match' });
    }
    if (!isOperator(token)) {
      return { problem: `has no operator before ${token}` };
    }
    const problem = this.apply(STRENGTH[token]);
    this.pending.push(token);
    return problem ?? true;
  }

  private acceptValue(token: string): boolean | ExpressionProblem {
    if (token === '(') {
      this.pending.push('(');
      return true;
    }
    if (token === '-') {
      this.pending.push(NEGATION);
      return true;
    }
    if (!/^\d/u.test(token)) {
      return { problem: `has no number before ${token}` };
    }
    const value = token.length > longestDigits ? undefined : rational(BigInt(token));
    if (value === undefined) {
      return { problem: `holds a number of more than ${longestDigits} digits` };
    }
    this.values.push(value);
    this.numbers.push(value.numerator);
    return false;
  }

  /** Applies the pending operators that bind at least this strongly. */
  private apply(strength: number): ExpressionProblem | undefined {
    let operator = this.pending.at(-1);
    while (operator !== undefined && operator !== '(' && STRENGTH[operator] >= strength) {
      this.pending.pop();
      const right = this.values.pop();
      const left = operator === NEGATION ? rational(0n) : this.values.pop();
      const value = left && right && applyOperator(operator === NEGATION ? '-' : operator, left, right);
      if (value === undefined) {
        return { problem: 'divides by zero' };
      }
      this.values.push(value);
      operator = this.pending.at(-1);
    }
    return undefined;
  }
}

function isOperator(token: string): token is ArithmeticOperator {
  return token === '+' || token === '-' || token === '*' || token === '/';
}

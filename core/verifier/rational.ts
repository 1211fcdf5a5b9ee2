/** An exact fraction in lowest terms with a positive denominator. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

function greatestCommonDivisor(left: bigint, right: bigint): bigint {
  let larger = left < 0n ? -left : left;
  let smaller = right < 0n ? -right : right;
  while (smaller !== 0n) {
    [larger, smaller] = [smaller, larger % smaller];
  }
  return larger;
}

/** `numerator / denominator` in lowest terms; undefined where the denominator is 0. */
export function rational(numerator: bigint, denominator = 1n): Rational | undefined {
  if (denominator === 0n) {
    return undefined;
  }
  if (denominator === 1n) {
    return { numerator, denominator };
  }
  const sign = denominator < 0n ? -1n : 1n;
  const divisor = greatestCommonDivisor(numerator, denominator) * sign;
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

/** Whether two fractions are the same number. */
export function sameRational(left: Rational, right: Rational): boolean {
  return left.numerator === right.numerator && left.denominator === right.denominator;
}

/** An operation of school arithmetic. */
export type ArithmeticOperator = '+' | '-' | '*' | '/';

/** `left operator right`, exactly; undefined for a division by 0. */
export function applyOperator(operator: ArithmeticOperator, left: Rational, right: Rational): Rational | undefined {
  switch (operator) {
    case '+':
      return rational(
        left.numerator * right.denominator + right.numerator * left.denominator,
        left.denominator * right.denominator,
      );
    case '-':
      return applyOperator('+', left, { numerator: -right.numerator, denominator: right.denominator });
    case '*':
      return rational(left.numerator * right.numerator, left.denominator * right.denominator);
    case '/':
      return rational(left.numerator * right.denominator, left.denominator * right.numerator);
  }
}

/** `3`, `-7/2`. */
export function formatRational(value: Rational): string {
  return value.denominator === 1n ? String(value.numerator) : `${value.numerator}/${value.denominator}`;
}

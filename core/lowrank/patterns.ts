import { findInNames } from './regularExpression.ts';

/**
 * The value of each layer: that of the first pattern that matches its name or the last parts of it, else `fallback`. Patterns are regular
 * expressions (PEFT's `rank_pattern` and `alpha_pattern`).
 */
export function patternValues(
  patterns: Readonly<Record<string, number>>,
  layers: readonly string[],
  fallback: number,
): readonly number[] {
  const found = Object.entries(patterns).map(([pattern, value]) => ({
    value,
    isMatch: patternMatches(pattern, layers),
  }));
  return layers.map((_, i) => found.find(({ isMatch }) => isMatch[i])?.value ?? fallback);
}

/** Whether a pattern of `rank_pattern` or `alpha_pattern` matches each layer. */
export function patternMatches(pattern: string, layers: readonly string[]): readonly boolean[] {
  return findInNames(pattern, layers, (own) => `^(?:.*\\.)?(?:${own})$`).map((match) => match !== false);
}

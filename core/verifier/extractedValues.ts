import { findAnswer } from './extraction/findAnswer.ts';
import { normaliseNumberText, parseNumber } from './parseNumber.ts';
import { formatRational } from './rational.ts';
import type { VerifierOptions } from './verifierOptions.ts';

/**
 * What comes out of a completion, as Math-Verify prints it: the value, numbers in lowest terms and choices in small letters if case does
 * not matter, then the text unless `fallback_mode` keeps texts out. Empty where no answer is found.
 */
export function extractedValues(completion: string, options: VerifierOptions): readonly string[] {
  const found = findAnswer(completion, options);
  if (found === undefined) return [];
  const value = found.isChoice ? choiceValue(found.text, options) : printed(found.text);
  return options.fallback_mode === 'no_fallback' ? [value] : [value, found.text];
}

function choiceValue(choice: string, options: VerifierOptions): string {
  const isLowercase = options.extraction.some(
    (target) => target.type === 'string' && target.lowercase && target.strings.includes(choice),
  );
  return isLowercase ? choice.toLowerCase() : choice;
}

function printed(text: string): string {
  const value = parseNumber(normaliseNumberText(text));
  return value === undefined ? text : formatRational(value);
}

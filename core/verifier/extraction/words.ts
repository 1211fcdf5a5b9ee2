/** Units that are taken along with the number before them, so that 5 m is not 5 cm. Longer ones come first. */
const units = [
  'percentage points?',
  'percent(?:age)?',
  'pct',
  `(?:square|sq\\.?|cubic|cu\\.?) (?:${[
    'kilometers?|kilometres?|centimeters?|centimetres?|meters?|metres?',
    'miles?|inches|feet|foot|yards?|units?|cm|km|m|ft',
  ].join('|')})`,
  '(?:kilo|centi|milli)?(?:meters?|metres?|grams?|liters?|litres?)',
  '(?:miles?|kilometers?|kilometres?|meters?|metres?|feet) per (?:hour|minute|second)',
  'degrees?(?: (?:celsius|fahrenheit))?',
  'radians?',
  'miles?',
  'inch(?:es)?',
  'foot|feet',
  'yards?',
  'seconds?',
  'minutes?',
  'hours?',
  'days?',
  'weeks?',
  'months?',
  'years?',
  'dollars?',
  'cents?',
  'euros?',
  'pounds?',
  'ounces?',
  'tons?|tonnes?',
  'gallons?',
  'km\\/h|m\\/s|mph|kmh|kph',
  '(?:mm|cm|dm|km|m|ft|mi|yd)(?:\\^?\\{?[23]\\}?|²|³)?',
  'mg|kg|g|lbs?|oz|mL|ml|cL|dL|L',
  'min|sec|hrs?|h',
  'rad|deg',
].join('|');

/** A unit, percent or degree sign that begins here, after blanks; group 1 is what stands there. */
const SUFFIX = new RegExp(
  [
    String.raw`^(?:\s|~|\\[,;: )]|\$)*(\\?%|°|\^\{?\\circ\}?|`,
    String.raw`\\(?:text|mathrm|mbox)\{ ?(?:${units})\}(?:\^\{?[23]\}?)?|(?:${units})(?![a-zA-Z\d]))`,
  ].join(''),
  'u',
);
const UNIT = new RegExp(`^(?:${units})$`, 'iu');
const LONGEST = 40;

/** A unit, percent or degree sign directly after `index`. */
export function suffixAt(text: string, index: number): { readonly text: string; readonly end: number } | undefined {
  const match = SUFFIX.exec(text.slice(index, index + LONGEST));
  const suffix = match?.[1];
  if (match === null || suffix === undefined) return undefined;
  return { text: asLatex(suffix), end: index + match[0].length };
}

function asLatex(suffix: string): string {
  if (suffix.startsWith('\\') || suffix.startsWith('^')) return suffix;
  if (suffix === '%' || /^(?:percent(?:age)?|pct)$/iu.test(suffix)) return '\\%';
  return suffix === '°' ? '^\\circ' : ` \\text{ ${suffix}}`;
}

const FORMULA_WORDS = new Set(
  (
    'sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln lg exp sqrt cbrt abs pi inf infinity oo ' +
    'and or mod gcd lcm max min det dim floor ceil alpha beta gamma delta theta lambda mu phi omega'
  ).split(' '),
);
/** Words of two letters that are no product of variables. */
const SHORT_WORDS = new Set(
  'is in of to so we it as at by if no on up us be do go he me my an am the ok oh hi'.split(' '),
);
const LONGEST_FORMULA = 30_000;
const HIDDEN =
  /\\(?:text|textbf|textit|textrm|textnormal|mathrm|mathbf|mbox|operatorname)\s*\{[^{}]*\}|\\(?:begin|end)\s*\{[^{}]*\}|\\[a-zA-Z]+/gu;
const LETTERS = /[\p{L}]{2,}/gu;

/** Whether a run of letters belongs to prose rather than to a formula or a unit. */
export function isProse(word: string): boolean {
  if (FORMULA_WORDS.has(word) || UNIT.test(word)) return false;
  return word.length > 2 || SHORT_WORDS.has(word.toLowerCase());
}

/** Whether a text is a formula alone, without prose: `y = 2x + 3`, `(0, 1]`, `5 cm`, `x=1orx=2`. Prose in `\text{}` does not count. */
export function isFormula(text: string): boolean {
  if (text.length > LONGEST_FORMULA) return isPlainSigns(text);
  if (!/[\p{L}\p{N}\\∅∞]/u.test(text)) return false;
  return !(text.replace(HIDDEN, ' ').match(LETTERS) ?? []).some((word) => word.split(/and|or/u).some(isProse));
}

/** Of very long texts only those without letters are formulas: digits, signs and brackets. */
function isPlainSigns(text: string): boolean {
  return /\d/u.test(text) && !/[^\W\d_]/u.test(text);
}

/** Characters that Python's `str.strip` removes. JavaScript's `trim` also removes U+FEFF, and keeps U+001C to U+001F and U+0085. */
const whitespace =
  '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a' +
  '\u2028\u2029\u202f\u205f\u3000';

/** Python's `str.lstrip` and `str.rstrip`; both for `str.strip`. */
export function strip(text: string, sides: 'left' | 'right' | 'both', characters = whitespace): string {
  const removed = new Set(characters);
  const points = Array.from(text);
  let begin = 0;
  let end = points.length;
  if (sides !== 'right') while (begin < end && removed.has(points[begin] ?? '')) begin += 1;
  if (sides !== 'left') while (end > begin && removed.has(points[end - 1] ?? '')) end -= 1;
  return points.slice(begin, end).join('');
}

/** Python's `repr` of a float. */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power < -4 || power >= 16) {
    return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  const digits = Number.isInteger(value) ? `${value}.0` : String(value);
  // JavaScript switches to exponents below 1e-6 only, Python below 1e-4, so this is always plain.
  return digits;
}

/** Python's `repr` of a string. */
export function stringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = Array.from(text, (character) => {
    if (character === quote || character === '\\') return `\\${character}`;
    return character === ' ' || !/[\p{C}\p{Z}]/u.test(character) ? character : escapeCharacter(character);
  });
  return quote + escaped.join('') + quote;
}

function escapeCharacter(character: string): string {
  const named = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  const hex = (width: number): string => code.toString(16).padStart(width, '0');
  if (code < 0x100) return `\\x${hex(2)}`;
  return code < 0x10000 ? `\\u${hex(4)}` : `\\U${hex(8)}`;
}

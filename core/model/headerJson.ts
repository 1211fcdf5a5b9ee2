/** What a safetensors header may hold. Objects are maps, so that no key, `__proto__` included, can be anything but data. */
export type HeaderValue = string | number | HeaderValue[] | Map<string, HeaderValue>;

const MAX_DEPTH = 8;
const WHITESPACE = ' \t\n\r';
const INTEGER = /(?:0|[1-9][0-9]*)(?![0-9.eE])/y;

/**
 * Parses the JSON of a safetensors header: one object of strings, non-negative safe integers, arrays and objects, at most 8 deep.
 * Stricter than `JSON.parse`, which keeps the last of two equal keys and so lets one file mean two things.
 *
 * @throws SyntaxError that names the place, for anything else: text after the object, equal keys, other kinds of value
 */
export function parseHeaderJson(text: string): Map<string, HeaderValue> {
  let at = 0;

  function fail(reason: string): never {
    throw new SyntaxError(`${reason}, at character ${at} of the header`);
  }

  function next(): string {
    while (at < text.length && WHITESPACE.includes(text.charAt(at))) at += 1;
    return text.charAt(at);
  }

  function take(character: string): boolean {
    if (next() !== character) return false;
    at += 1;
    return true;
  }

  function list(close: string, item: () => void): void {
    at += 1;
    if (take(close)) return;
    do item();
    while (take(','));
    if (!take(close)) fail(`expected "," or "${close}"`);
  }

  function string(): string {
    if (next() !== '"') fail('expected a string');
    let end = at;
    do end = text.indexOf('"', end + 1);
    while (end >= 0 && isEscaped(text, end));
    if (end < 0) fail('a string without an end');
    const literal = text.slice(at, end + 1);
    let value: string;
    try {
      value = JSON.parse(literal) as string;
    } catch {
      fail('an invalid string');
    }
    if (/\p{Surrogate}/u.test(value)) fail('a string that is not valid Unicode');
    at = end + 1;
    return value;
  }

  function integer(): number {
    INTEGER.lastIndex = at;
    const digits = INTEGER.exec(text)?.[0] ?? fail('expected an object, an array, a string or a non-negative integer');
    if (!Number.isSafeInteger(Number(digits))) fail('an integer beyond 2^53');
    at += digits.length;
    return Number(digits);
  }

  function object(depth: number): Map<string, HeaderValue> {
    const entries = new Map<string, HeaderValue>();
    list('}', () => {
      const key = string();
      if (entries.has(key)) fail(`the key ${JSON.stringify(key)} appears twice`);
      if (!take(':')) fail('expected ":"');
      entries.set(key, value(depth + 1));
    });
    return entries;
  }

  function array(depth: number): HeaderValue[] {
    const items: HeaderValue[] = [];
    list(']', () => items.push(value(depth + 1)));
    return items;
  }

  function value(depth: number): HeaderValue {
    if (depth > MAX_DEPTH) fail(`more than ${MAX_DEPTH} levels`);
    const first = next();
    if (first === '{') return object(depth);
    if (first === '[') return array(depth);
    return first === '"' ? string() : integer();
  }

  if (next() !== '{') fail('expected a JSON object');
  const header = object(1);
  if (next() !== '') fail('text after the end of the object');
  return header;
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0;
  while (text[quote - 1 - backslashes] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}

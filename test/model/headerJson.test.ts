import { describe, expect, it } from 'vitest';
import { parseHeaderJson } from '../../core/model/headerJson.ts';

describe('parseHeaderJson', () => {
  it('reads objects, arrays, strings and integers', () => {
    const header = parseHeaderJson(
      ' {"a" : [1, 0, 9007199254740991], "b\\u00e9\\"\\\\": {"c": "d"}, "__proto__": []} \n',
    );
    expect([...header.keys()]).toEqual(['a', 'bé"\\', '__proto__']);
    expect(header.get('a')).toEqual([1, 0, 9007199254740991]);
    expect(header.get('bé"\\')).toEqual(new Map([['c', 'd']]));
    expect(header.get('__proto__')).toEqual([]);
    expect(({} as Record<string, unknown>)['0']).toBeUndefined();
  });

  it.each([
    ['', 'expected a JSON object'],
    ['[]', 'expected a JSON object'],
    ['{"a":1}x', 'text after the end'],
    ['{"a":1,"a":1}', '"a" appears twice'],
    ['{"a":1,"\\u0061":1}', '"a" appears twice'],
    ['{"a":{"b":1,"b":2}}', '"b" appears twice'],
    ['{"__proto__":1,"__proto__":2}', '"__proto__" appears twice'],
    ['{"a":1,}', 'expected a string'],
    ['{"a" 1}', 'expected ":"'],
    ['{"a":[1 2]}', 'expected "," or "]"'],
    ['{"a":[1,2}', 'expected "," or "]"'],
    ['{"a":"b', 'without an end'],
    ['{"a":"b\\"', 'without an end'],
    ['{"a":"\\x"}', 'an invalid string'],
    ['{"a":"\n"}', 'an invalid string'],
    ['{"a":"\\ud800"}', 'not valid Unicode'],
    ['{"a":-1}', 'non-negative integer'],
    ['{"a":1.0}', 'non-negative integer'],
    ['{"a":1e2}', 'non-negative integer'],
    ['{"a":01}', 'non-negative integer'],
    ['{"a":true}', 'non-negative integer'],
    ['{"a":null}', 'non-negative integer'],
    ['{"a":9007199254740992}', 'beyond 2^53'],
    [`{"a":${'['.repeat(100_000)}`, 'more than 8 levels'],
  ])('refuses %s', (text, problem) => {
    expect(() => parseHeaderJson(text)).toThrow(SyntaxError);
    expect(() => parseHeaderJson(text)).toThrow(problem);
  });

  it('reads strings far longer than a call stack', () => {
    const long = 'x\\n'.repeat(5_000_000);
    expect(parseHeaderJson(`{"a":"${long}"}`).get('a')).toHaveLength(10_000_000);
  });
});

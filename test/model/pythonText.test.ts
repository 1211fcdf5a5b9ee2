import { describe, expect, it } from 'vitest';
import { floatRepr, stringRepr, strip } from '../../core/model/pythonText.ts';

// Expected values are what CPython 3.11 prints.
describe('pythonText', () => {
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [0.1, '0.1'],
    [123456.789, '123456.789'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1.5e-7, '1.5e-07'],
    [9999999999999998, '9999999999999998.0'],
    [1e16, '1e+16'],
    [1.25e22, '1.25e+22'],
    [1e100, '1e+100'],
    [5e-324, '5e-324'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
    [NaN, 'nan'],
  ])('repr of the float %s', (value, expected) => {
    expect(floatRepr(value)).toBe(expected);
  });

  it.each([
    ['a', "'a'"],
    ["it's", '"it\'s"'],
    ['\'"', "'\\'\"'"],
    ['a\\b\n\t\r', "'a\\\\b\\n\\t\\r'"],
    ['\0\x7f\xa0é', "'\\x00\\x7f\\xa0é'"],
    ['\u200b\u2028😀', "'\\u200b\\u2028😀'"],
    ['\u{e0001}', "'\\U000e0001'"],
  ])('repr of the string %j', (text, expected) => {
    expect(stringRepr(text)).toBe(expected);
  });

  it('strips whitespace or given characters from either side', () => {
    expect(strip(' \x1c\x85\u3000a\ufeff ', 'both')).toBe('a\ufeff');
    expect(strip('xyaxy', 'left', 'xy')).toBe('axy');
    expect(strip('xyaxy', 'right', 'xy')).toBe('xya');
    expect(strip('😀a😀', 'both', '😀')).toBe('a');
    expect(strip('aaa', 'both', 'a')).toBe('');
    expect(strip(' a ', 'both', '')).toBe(' a ');
  });
});

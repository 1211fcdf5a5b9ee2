import { describe, expect, it } from 'vitest';
import { strftime } from '../../core/model/strftime.ts';

describe('strftime', () => {
  it.each([
    ['%Y-%m-%d %H:%M:%S', '2024-03-07 00:05:09'],
    ['%F %T', '2024-03-07 00:05:09'],
    ['%a %A %b %B', 'Thu Thursday Mar March'],
    ['%-d/%-m/%y, %I %p', '7/3/24, 12 AM'],
    ['[%e] %j %%', '[ 7] 067 %'],
    ['%-j %-H', '67 0'],
    ['no directive', 'no directive'],
  ])('%s', (pattern, expected) => {
    expect(strftime(new Date(2024, 2, 7, 0, 5, 9), pattern)).toBe(expected);
  });

  it.each(['%Q', '%', '%-', '%toString'])('refuses %s', (pattern) => {
    expect(() => strftime(new Date(0), pattern)).toThrow(/choices: % a A/);
  });
});

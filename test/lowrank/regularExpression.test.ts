import { describe, expect, it } from 'vitest';
import { findInNames, matchesWhole } from '../../core/lowrank/regularExpression.ts';

const names = ['model.layers.0.mlp.up_proj', 'model.layers.11.self_attn.q_proj', 'lm_head'];

describe('matchesWhole', () => {
  it.each([
    ['lm_head', [false, false, true]],
    ['head', [false, false, false]],
    [String.raw`.*\.(q|up)_proj`, [true, true, false]],
    [String.raw`model\.layers\.\d\..*`, [true, false, false]],
    [String.raw`\Alm_head\Z`, [false, false, true]],
    [String.raw`.*(?P<kind>q|up)_(?P=kind).*`, [false, false, false]],
    [String.raw`(?P<first>.).*(?P=first)odel.*|.*(?P<twin>1)(?P=twin).*`, [false, true, false]],
    ['(?:lm)[_]head', [false, false, true]],
  ])("reads %s as Python's re.fullmatch does", (pattern, expected) => {
    expect(matchesWhole(pattern, names)).toEqual(expected);
  });

  it.each([
    ['(', /usable regular expression: .*Unterminated group/],
    [String.raw`\Q`, /"\\Q" is not supported/],
    ['(a+)+$', /takes too long/],
  ])('refuses %s', (pattern, problem) => {
    expect(() => matchesWhole(pattern, [...names, `${'a'.repeat(60)}b`])).toThrow(
      expect.objectContaining({ code: 'adapter/invalid', message: expect.stringMatching(problem) as string }),
    );
  });

  it('lets a pattern reach nothing', () => {
    expect(matchesWhole("x'); process.exit(1); ('", names)).toEqual([false, false, false]);
    expect(matchesWhole('.*', ['"); throw 1; ("', '${names}', '\\'])).toEqual([true, true, true]);
  });
});

describe('findInNames', () => {
  it('gives what the group `found` holds', () => {
    expect(findInNames(String.raw`\d+`, names, (own) => `layers\\.(?<found>${own})`)).toEqual(['0', '11', false]);
    expect(findInNames('head|x(?<found>y)', names, (own) => own)).toEqual([false, false, true]);
  });
});

import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { TargetLayer } from '../../core/contracts/parameter.ts';
import type { TargetOptions } from '../../core/lowrank/targets.ts';
import { checkTargets, matchTargets, targetOptions, unusedNames } from '../../core/lowrank/targets.ts';

function layer(name: string, kind: TargetLayer['kind'] = 'linear'): TargetLayer {
  const block = /layers\.(\d+)/.exec(name)?.[1];
  const module = name.slice(name.lastIndexOf('.') + 1);
  const shape = kind === 'norm' ? [8] : [8, 8];
  return { name, module, kind, shape, hasBias: false, ...(block === undefined ? {} : { block: Number(block) }) };
}

const layers = [
  layer('model.embed_tokens', 'embedding'),
  ...[0, 1, 2].flatMap((block) => [
    layer(`model.layers.${block}.self_attn.q_proj`),
    layer(`model.layers.${block}.mlp.up_proj`),
    layer(`model.layers.${block}.input_layernorm`, 'norm'),
  ]),
  layer('lm_head'),
];

const schema = z.strictObject(targetOptions).check(checkTargets);

function matched(options: TargetOptions, kinds: readonly TargetLayer['kind'][] = ['linear']): string[] {
  return matchTargets(options, layers, kinds).map(({ name }) => name.replace('model.layers.', ''));
}

describe('matchTargets', () => {
  it.each<[string, TargetOptions, string[]]>([
    ['last parts', { target_modules: ['q_proj'] }, ['0.self_attn.q_proj', '1.self_attn.q_proj', '2.self_attn.q_proj']],
    ['longer ends', { target_modules: ['1.mlp.up_proj', 'lm_head'] }, ['1.mlp.up_proj', 'lm_head']],
    ['a whole name', { target_modules: ['model.layers.2.mlp.up_proj'] }, ['2.mlp.up_proj']],
    [
      'an expression',
      { target_modules: String.raw`.*\.[02]\..*_proj`, exclude_modules: ['0.mlp.up_proj'] },
      ['0.self_attn.q_proj', '2.self_attn.q_proj', '2.mlp.up_proj'],
    ],
    [
      'an excluding expression',
      { target_modules: ['up_proj'], exclude_modules: String.raw`.*\.1\..*` },
      ['0.mlp.up_proj', '2.mlp.up_proj'],
    ],
    [
      'blocks',
      { target_modules: ['q_proj', 'up_proj'], layers_to_transform: 1 },
      ['1.self_attn.q_proj', '1.mlp.up_proj'],
    ],
    [
      'blocks of a named list',
      { target_modules: ['up_proj'], layers_to_transform: [0, 2], layers_pattern: 'layers' },
      ['0.mlp.up_proj', '2.mlp.up_proj'],
    ],
  ])('takes %s', (_, options, expected) => {
    expect(matched(schema.parse(options))).toEqual(expected);
  });

  it('takes all linear layers but the output head', () => {
    expect(matched({ target_modules: 'All-Linear' })).toHaveLength(6);
    expect(matched({ target_modules: 'all-linear' })).not.toContain('lm_head');
  });

  it('says which modules there are when none matches', () => {
    expect(() => matched({ target_modules: ['query'] })).toThrow(
      expect.objectContaining({
        code: 'adapter/no-target',
        message:
          'target_modules ["query"] matches no layer. The model has linear: q_proj, up_proj, lm_head; ' +
          'norm: input_layernorm; embedding: embed_tokens.',
      }),
    );
    expect(() => matched({ target_modules: ['q_proj'], exclude_modules: ['q_proj'] })).toThrow(
      /names only layers that exclude_modules leaves out/,
    );
    expect(() => matched({ target_modules: ['up_proj'], layers_to_transform: [7] })).toThrow(/matches no layer/);
  });

  it('refuses layers that the method cannot adapt', () => {
    expect(() => matched({ target_modules: ['input_layernorm'] })).toThrow(
      expect.objectContaining({ code: 'adapter/invalid', message: expect.stringContaining('kind norm') as string }),
    );
    expect(matched({ target_modules: ['input_layernorm'] }, ['norm'])).toHaveLength(3);
  });
});

describe('checkTargets', () => {
  it.each([
    [{ target_modules: 'all-linear', layers_to_transform: [1] }, 'needs target_modules to be a list'],
    [{ target_modules: ['q_proj'], layers_pattern: 'layers' }, 'says nothing without layers_to_transform'],
  ])('refuses %j', (options, problem) => {
    expect(() => schema.parse(options)).toThrow(problem);
  });
});

describe('unusedNames', () => {
  it('warns of listed names that match nothing', () => {
    const options = { target_modules: ['q_proj', 'k_proj'] };
    expect(unusedNames(options, matchTargets(options, layers, ['linear']))).toEqual([
      { severity: 'warning', path: 'target_modules', message: '"k_proj" matches no adapted layer' },
    ]);
  });
});

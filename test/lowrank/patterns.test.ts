import { describe, expect, it } from 'vitest';
import { patternMatches, patternValues } from '../../core/lowrank/patterns.ts';

const layers = ['model.layers.0.mlp.up_proj', 'model.layers.1.mlp.up_proj', 'model.layers.10.self_attn.q_proj'];

describe('patternValues', () => {
  it('takes the first pattern that matches a name or its last parts', () => {
    expect(patternValues({}, layers, 8)).toEqual([8, 8, 8]);
    expect(patternValues({ up_proj: 4 }, layers, 8)).toEqual([4, 4, 8]);
    expect(patternValues({ '1.mlp.up_proj': 2, up_proj: 4 }, layers, 8)).toEqual([4, 2, 8]);
    expect(patternValues({ up_proj: 4, '1.mlp.up_proj': 2 }, layers, 8)).toEqual([4, 4, 8]);
    expect(patternValues({ 'model.layers.10.self_attn.q_proj': 1 }, layers, 8)).toEqual([8, 8, 1]);
  });
});

describe('patternMatches', () => {
  it('matches whole parts only', () => {
    expect(patternMatches('proj', layers)).toEqual([false, false, false]);
    expect(patternMatches('0.self_attn.q_proj', layers)).toEqual([false, false, false]);
    expect(patternMatches(String.raw`layers\.\d+\.mlp\..*`, layers)).toEqual([true, true, false]);
    expect(patternMatches('up_proj|q_proj', layers)).toEqual([true, true, true]);
  });
});

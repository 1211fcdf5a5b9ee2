import { describe, expect, it } from 'vitest';
import type { TargetLayer } from '../../../core/contracts/parameter.ts';
import { lnTuning } from '../../../plugins/adapters/lnTuning.ts';
import { attach, readOf, useEagerTensors } from './attachedLayer.ts';

useEagerTensors();

function norm(hasBias: boolean): TargetLayer {
  return { name: 'block.norm', module: 'norm', kind: 'norm', shape: [4], hasBias };
}

describe('a norm', () => {
  it.each([true, false])('has copies of its tensors trained in their place (bias: %s)', (hasBias) => {
    const untouched = attach(lnTuning, { target_modules: ['norm'] }, { layer: norm(hasBias), noise: 0 });
    expect(Array.from(untouched.merged.weight.dataSync())).toEqual(untouched.weight.flat());
    const attached = attach(lnTuning, { target_modules: ['norm'] }, { layer: norm(hasBias) });
    expect(Array.from(attached.merged.weight.dataSync())).toEqual(attached.value('ln_tuning_layers').flat());
    const bias = hasBias ? attached.value('ln_tuning_layers.bias').flat() : undefined;
    expect(attached.merged.bias && Array.from(attached.merged.bias.dataSync())).toEqual(bias);
    expect(attached.parameters.every(({ role, trainable }) => role === 'norm' && trainable)).toBe(true);
  });

  it('is what is adapted; a linear layer is refused', () => {
    const linear: TargetLayer = { name: 'q_proj', module: 'q_proj', kind: 'linear', shape: [2, 2], hasBias: false };
    expect(() => lnTuning.targets(lnTuning.config.parse({ target_modules: ['q_proj'] }), [linear])).toThrow(
      /adapts norm/,
    );
  });

  it('goes to files of PEFT and back under the names of its copy', () => {
    const config = lnTuning.config.parse({ target_modules: ['norm'] });
    const { parameters } = attach(lnTuning, config, { layer: norm(true) });
    const peft = lnTuning.toPeft(config, parameters, 'base')!;
    const prefix = 'base_model.model.block.norm.ln_tuning_layers';
    expect([...peft.tensors.keys()]).toEqual([`${prefix}.weight`, `${prefix}.bias`]);
    const read = readOf(lnTuning, peft);
    for (const { name, values } of parameters) expect(read.parameters.get(name)?.values).toEqual(values);
  });
});

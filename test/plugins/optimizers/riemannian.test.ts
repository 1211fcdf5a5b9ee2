import { describe, expect, it } from 'vitest';
import type { ParameterRole, ParameterSpec } from '../../../core/contracts/parameter.ts';
import { riemannian } from '../../../plugins/optimizers/riemannian.ts';

const layer = { name: 'layer', module: 'layer', kind: 'linear', shape: [4, 4], hasBias: false } as const;

function trained(...roles: readonly ParameterRole[]): readonly ParameterSpec[] {
  return roles.map((role) => ({ name: `layer.${role}`, role, shape: [2, 4], trainable: true, layer, scaling: 1 }));
}

function refusal(parameters: readonly ParameterSpec[]): string | undefined {
  return riemannian.check?.(riemannian.config.parse({}), parameters)[0]?.message;
}

describe('riemannian', () => {
  it('takes methods that train A and B, with whatever else they train', () => {
    expect(refusal(trained('lora_A', 'lora_B', 'magnitude', 'norm'))).toBeUndefined();
  });

  it.each([
    ['B alone', trained('lora_B')],
    ['vectors', trained('vector')],
    ['A frozen', trained('lora_A', 'lora_B').map((spec) => ({ ...spec, trainable: spec.role === 'lora_B' }))],
  ])('refuses %s', (_what, parameters) => {
    expect(refusal(parameters)).toContain('does not train both');
  });

  it('refuses a diagonal between A and B', () => {
    expect(refusal(trained('lora_A', 'lora_E', 'lora_B'))).toContain('diagonal');
  });

  it('refuses Nesterov’s variant without momentum', () => {
    expect(riemannian.config.safeParse({ base: 'sgd', nesterov: true }).success).toBe(false);
  });
});

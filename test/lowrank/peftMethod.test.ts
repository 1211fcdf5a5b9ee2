import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { StoredTensor } from '../../core/contracts/adapter.ts';
import type { ParameterSpec, TargetLayer } from '../../core/contracts/parameter.ts';
import { readPeft, writePeft, type PeftMethod } from '../../core/lowrank/peftMethod.ts';
import { targetOptions } from '../../core/lowrank/targets.ts';

const method: PeftMethod = {
  type: 'SOME',
  fixed: { bias: 'none', nested: {} },
  idle: { noted: 8 },
  targetOptions: ['exclude_modules'],
  endings: { '.own': '.theirs.weight', '.own.extra': '.extra' },
  shared: { bank: 'base_model.bank' },
};
const schema = z.strictObject({ ...targetOptions, r: z.int().default(4) });
const layer: TargetLayer = { name: 'a.0.q', module: 'q', kind: 'linear', shape: [2, 2], hasBias: false };
const stored = ['a.0.q.own', 'a.0.q.own.extra', 'bank', 'a.0.q.kept_here'].map(
  (name, i): ParameterSpec & StoredTensor => ({
    name,
    role: 'matrix',
    shape: [1],
    trainable: true,
    scaling: 1,
    values: Float32Array.of(i),
    ...(name === 'bank' ? {} : { layer }),
  }),
);

describe('writing', () => {
  it('gives tensors PEFT’s names, and leaves out what PEFT does not have', () => {
    const { tensors } = writePeft(method, {}, { target_modules: ['q'] }, stored, 'base');
    expect([...tensors.keys()]).toEqual([
      'base_model.model.a.0.q.theirs.weight',
      'base_model.model.a.0.q.extra',
      'base_model.bank',
    ]);
  });

  it('writes all fields of the class in order, those on layers among them', () => {
    const { config } = writePeft(
      method,
      { r: 4 },
      { target_modules: ['q', 'b'], exclude_modules: 'x' },
      stored,
      'base',
    );
    const names = Object.keys(config);
    expect(names).toEqual([...names].sort());
    expect(config).toMatchObject({ peft_type: 'SOME', r: 4, bias: 'none', noted: 8, base_model_name_or_path: 'base' });
    expect(config).toMatchObject({ target_modules: ['b', 'q'], exclude_modules: 'x' });
    expect(config).not.toHaveProperty('layers_to_transform');
  });

  it('names layers in full where the class lacks the option that chose them', () => {
    const { config } = writePeft(method, {}, { target_modules: ['q'], layers_to_transform: 0 }, stored, 'base');
    expect(config).toMatchObject({ target_modules: ['a.0.q'], exclude_modules: null }); // eslint-disable-line no-restricted-syntax
  });
});

describe('reading', () => {
  const written = writePeft(method, { r: 2 }, { target_modules: ['q'] }, stored, 'base');

  it('gives back configuration and parameters by our names', () => {
    const read = readPeft(method, schema, written);
    expect(read).toMatchObject({ config: { r: 2, target_modules: ['q'] } });
    expect('parameters' in read && [...read.parameters.keys()]).toEqual(['a.0.q.own', 'a.0.q.own.extra', 'bank']);
  });

  it.each([
    [{ noted: 99 }, undefined],
    [{ nested: { used: 1 } }, 'it sets "nested" to {"used":1}'],
    [{ bias: 'all' }, 'it sets "bias" to "all"'],
    [{ bias: null }, undefined], // eslint-disable-line no-restricted-syntax
    [{ unheard_of: [1] }, 'it sets "unheard_of" to [1]'],
    [{ unheard_of: 0 }, undefined],
    [{ r: 1.5 }, 'does not fit'],
    [{ r: null }, undefined], // eslint-disable-line no-restricted-syntax
  ])('%o: refused with %s', (fields, reason) => {
    const read = readPeft(method, schema, { ...written, config: { ...written.config, ...fields } });
    expect('refused' in read ? read.refused : undefined).toEqual(
      reason === undefined ? undefined : (expect.stringContaining(reason) as unknown),
    );
  });

  it.each(['a.0.q.theirs.weight', 'base_model.model.a.0.q.unknown', 'bank'])('refuses a tensor "%s"', (name) => {
    const read = readPeft(method, schema, { ...written, tensors: new Map([[name, stored[0]!]]) });
    expect(read).toEqual({ refused: expect.stringContaining(`"${name}"`) as unknown });
  });
});

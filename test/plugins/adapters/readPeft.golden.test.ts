import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PeftAdapter } from '../../../core/contracts/adapter.ts';
import { openSafetensors } from '../../../core/model/safetensors.ts';
import { goldenPath, hasGolden } from '../../goldenFolder.ts';
import { configOf, loraAdapter as adapter } from './peftCases.ts';

function readFolder(name: string): PeftAdapter {
  const config = JSON.parse(readFileSync(goldenPath('peft', 'models', name, 'adapter_config.json'), 'utf8')) as unknown;
  const file = openSafetensors(goldenPath('peft', 'models', name, 'adapter_model.safetensors'));
  const valuesOf = (key: string): Float32Array =>
    /^[IU]/.test(file.info(key).dtype) ? Float32Array.from(file.read(key), Number) : file.readFloat32(key);
  const tensors = new Map(file.names.map((key) => [key, { shape: file.info(key).shape, values: valuesOf(key) }]));
  file.close();
  return { config: config as PeftAdapter['config'], tensors };
}

describe('peft/models', () => {
  if (!hasGolden('peft', 'models')) {
    it.skip('no peft/models in the golden folder');
    return;
  }
  for (const name of readdirSync(goldenPath('peft', 'models'))) {
    const peft = readFolder(name);
    const expected = configOf(peft.config);
    const hasOtherTensors = [...peft.tensors.keys()].some((key) => !/\.lora_[AB]\.weight$/.test(key));
    if ('reason' in expected || hasOtherTensors) {
      it(`${name} is refused with a reason`, () => {
        expect(adapter.fromPeft(peft)).toEqual({ refused: expect.stringMatching(/\w/) as unknown });
      });
      continue;
    }
    it(`${name} is the adapter that it was`, () => {
      const read = adapter.fromPeft(peft);
      if ('refused' in read) throw new TypeError(read.refused);
      expect(read.config).toEqual(expected.config);
      const names = [...peft.tensors.keys()].map((key) =>
        key.replace(/^base_model\.model\./, '').replace(/\.weight$/, ''),
      );
      expect([...read.parameters.keys()]).toEqual(names);
      expect([...read.parameters.values()]).toEqual([...peft.tensors.values()]);
    });
  }
});

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readModelConfig } from '../../../core/model/modelConfig.ts';
import { openSafetensors } from '../../../core/model/safetensors.ts';
import { randomStream } from '../../../core/tensor/random.ts';
import { targetLayers } from '../../../core/training/adapterTargets.ts';
import { goldenPath, hasGolden } from '../../goldenFolder.ts';
import type { PeftCase } from './peftCases.ts';
import { configOf, expectedShapes, loraAdapter as adapter } from './peftCases.ts';

describe('peft/models', () => {
  if (!hasGolden('peft', 'models')) {
    it.skip('no peft/models in the golden folder');
    return;
  }
  for (const name of readdirSync(goldenPath('peft', 'models'))) {
    const read = (file: string): unknown => JSON.parse(readFileSync(goldenPath('peft', 'models', name, file), 'utf8'));
    const peft = read('adapter_config.json') as Readonly<Record<string, unknown>>;
    const expected = read('expected.json') as PeftCase & { readonly model: string };
    const parsed = configOf(peft);
    if ('reason' in parsed) {
      it.skip(`${name}: not covered, ${parsed.reason}`);
      continue;
    }
    if (!hasGolden(expected.model)) {
      it.skip(`${name}: no ${expected.model} in the golden folder`);
      continue;
    }
    it(name, () => {
      const { config } = parsed;
      const targets = adapter.targets(config, targetLayers(readModelConfig(goldenPath(expected.model))));
      const { layers } = adapter.plan(config, targets, randomStream(1));
      const parameters = targets.flatMap((layer) => {
        const weight = new Float32Array(layer.shape.reduce((product, size) => product * size, 1));
        return adapter.attach({ layer, options: layers.get(layer.name), weight, random: randomStream(1) }).parameters;
      });
      expect(Object.fromEntries(parameters.map(({ name: own, shape }) => [`${own}.weight`, shape]))).toEqual(
        expectedShapes(expected),
      );
      expect(parameters.reduce((sum, { values }) => sum + values.length, 0)).toBe(expected.trainable);
      expect(adapter.check?.(config, targets)).toEqual([]);
      const saved = adapter.toPeft(config, parameters, String(peft['base_model_name_or_path']))!;
      expect(saved.config).toEqual(peft);
      expect(Object.keys(saved.config)).toEqual(Object.keys(peft));
      const file = openSafetensors(goldenPath('peft', 'models', name, 'adapter_model.safetensors'));
      const shapes = Object.fromEntries([...saved.tensors].map(([key, { shape }]) => [key, shape]));
      expect(shapes).toEqual(
        Object.fromEntries(file.names.filter((key) => key in shapes).map((key) => [key, file.info(key).shape])),
      );
      // Beside the adapter PEFT saves a copy of a head that was targeted.
      expect(file.names.filter((key) => !(key in shapes) && key.includes('.lora_'))).toEqual([]);
      file.close();
    });
  }
});

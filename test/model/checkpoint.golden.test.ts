import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCheckpoint } from '../../core/model/checkpoint.ts';
import { decoderParameters } from '../../core/model/decoderParameters.ts';
import { openSafetensors } from '../../core/model/safetensors.ts';
import { goldenPath, hasGolden } from '../goldenFolder.ts';

const models = hasGolden('transformers', 'models') ? readdirSync(goldenPath('transformers', 'models')) : [];

describe('transformers/models', () => {
  if (models.length === 0) {
    it.skip('no transformers/models in the golden folder');
    return;
  }
  it.each(models)('%s: configuration and every weight', async (name) => {
    const folder = goldenPath('transformers', 'models', name);
    const { config, weights, hash } = await loadCheckpoint(folder);
    expect(config.eosTokenIds.length).toBeGreaterThan(0);
    expect(await hash()).toMatch(/^[0-9a-f]{64}$/);

    const stored = new Map<string, Float32Array>();
    for (const file of readdirSync(folder).filter((entry) => entry.endsWith('.safetensors'))) {
      const tensors = openSafetensors(path.join(folder, file));
      for (const tensor of tensors.names) stored.set(tensor, tensors.readFloat32(tensor));
      tensors.close();
    }
    expect([...weights.keys()]).toEqual(decoderParameters(config).map((parameter) => parameter.name));
    expect([...weights.keys()].sort()).toEqual([...stored.keys()].sort());
    for (const [weight, { data, shape }] of weights) {
      expect(data, weight).toEqual(stored.get(weight));
      expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
    }
  });

  it.each(models)('%s: gradients in the golden data have the shapes of the weights', async (name) => {
    const { weights } = await loadCheckpoint(goldenPath('transformers', 'models', name));
    const outputs = openSafetensors(goldenPath('transformers', `${name}.safetensors`));
    for (const gradient of outputs.names.filter((entry) => entry.startsWith('grad.'))) {
      expect(weights.get(gradient.slice('grad.'.length))?.shape, gradient).toEqual(outputs.info(gradient).shape);
    }
    outputs.close();
  });
});

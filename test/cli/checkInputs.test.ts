import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkInputs } from '../../cli/checkInputs.ts';
import { createCatalog } from '../../core/container.ts';
import { parseExperiment } from '../../core/experiment/parse.ts';
import { resolveExperiment } from '../../core/experiment/resolve.ts';
import { parseSafetensors } from '../../core/model/safetensors.ts';
import { writeSafetensors, type SafetensorsTensor } from '../../core/model/writeSafetensors.ts';
import { plugins } from '../../plugins/index.ts';
import { writeTinyExperiment } from '../runs/tinyExperiment.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'rlvr-inputs-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const catalog = createCatalog(plugins);

function check(file: string): Promise<void> {
  const { experiment } = resolveExperiment(parseExperiment(readFileSync(file, 'utf8'), file, []), catalog);
  return checkInputs([experiment], path.dirname(file), catalog);
}

function experiment(changes: object = {}): string {
  return writeTinyExperiment(mkdtempSync(path.join(root, 'run-')), { ...changes });
}

describe('before a run is made', () => {
  it('finds nothing wrong with an experiment that can start', async () => {
    await expect(check(experiment())).resolves.toBeUndefined();
  });

  it('finds a weight that is no number', async () => {
    const file = experiment();
    const weights = path.join(path.dirname(file), 'model', 'model.safetensors');
    const stored = parseSafetensors(readFileSync(weights));
    const tensors = stored.names.map((name): [string, SafetensorsTensor] => {
      const data = stored.readFloat32(name).slice();
      if (name === 'model.norm.weight') data[3] = NaN;
      return [name, { dtype: 'F32', shape: stored.info(name).shape, data }];
    });
    writeSafetensors(weights, new Map(tensors));
    await expect(check(file)).rejects.toMatchObject({
      code: 'model/invalid-weights',
      fields: { tensor: 'model.norm.weight', index: 3 },
    });
  });

  it.each([
    ['LoRA+ without a B', { type: 'ia3' }, { type: 'loraplus' }],
    ['LoRA-FA that would train A', { type: 'lora', r: 2 }, { type: 'lorafa' }],
  ])('finds an optimizer that cannot train the adapter: %s', async (_, adapter, optimizer) => {
    await expect(check(experiment({ adapter, optimizer }))).rejects.toMatchObject({
      code: 'config/invalid',
      fields: { optimizer: optimizer.type, adapter: adapter.type },
    });
  });
});

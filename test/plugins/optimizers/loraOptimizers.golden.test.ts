import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { ParameterRole, ParameterSpec } from '../../../core/contracts/parameter.ts';
import { openSafetensors } from '../../../core/model/safetensors.ts';
import { plugins } from '../../../plugins/index.ts';
import { goldenPath, hasGolden } from '../../goldenFolder.ts';
import { replayOptimizer } from './optimizerReplay.ts';

interface LoraCase {
  readonly id: number;
  readonly optimizer: string;
  readonly base?: string;
  readonly r: number;
  readonly lora_alpha: number;
  readonly use_rslora?: boolean;
  readonly options: Readonly<Record<string, unknown>> & { readonly lr: number };
}

/** What a case says beside its options, as options of ours: PEFT leaves torch's defaults to the base. */
function basedOn({ base }: LoraCase): Readonly<Record<string, unknown>> {
  if (base === undefined) return {};
  return { base: base.toLowerCase(), groups: [], weight_decay: base === 'AdamW' ? 0.01 : 0 };
}

describe('optim/lora_optimizers', () => {
  if (!hasGolden('optim', 'lora_optimizers.json')) {
    it.skip('no optim/lora_optimizers.json in the golden folder');
    return;
  }
  const { steps, cases } = JSON.parse(readFileSync(goldenPath('optim', 'lora_optimizers.json'), 'utf8')) as {
    readonly steps: number;
    readonly cases: readonly LoraCase[];
  };
  const file = openSafetensors(goldenPath('optim', 'lora_optimizers.safetensors'));
  afterAll(() => file.close());

  for (const entry of cases) {
    const { id, r, lora_alpha: alpha } = entry;
    const base = entry.base === undefined ? '' : ` over ${entry.base}`;
    const title = `case ${id} ${entry.optimizer}${base}, r ${r}, ${JSON.stringify(entry.options)}`;
    const optimizer = plugins.optimizers.find((plugin) => plugin.id === entry.optimizer);
    if (optimizer === undefined) {
      it.skip(`${title}: not covered, there is no optimizer plugin "${entry.optimizer}"`);
      continue;
    }
    it(title, async () => {
      const scaling = alpha / (entry.use_rslora === true ? Math.sqrt(r) : r);
      const start = `case${id}.initial.`;
      const names = file.names.filter((name) => name.startsWith(start)).map((name) => name.slice(start.length));
      const sizes = (name: string): readonly number[] => file.info(start + name).shape;
      expect(names.length).toBeGreaterThan(0);
      const { lr, ...options } = entry.options;
      await replayOptimizer({
        optimizer,
        config: optimizer.config.parse({ ...basedOn(entry), ...options }),
        specs: names.map((name): ParameterSpec => {
          const [layer = '', role = ''] = name.split('.');
          const shape = [sizes(`${layer}.lora_B`)[0]!, sizes(`${layer}.lora_A`)[1]!];
          return {
            name,
            role: role as ParameterRole,
            shape: sizes(name),
            // LoRA-FA leaves A as it is.
            trainable: !(entry.optimizer === 'lorafa' && role === 'lora_A'),
            layer: { name: layer, module: layer, kind: 'linear', shape, hasBias: true },
            scaling,
          };
        }),
        learningRate: lr,
        steps,
        tolerance: 1e-6,
        file,
        names: (name) => {
          return { initial: start + name, gradients: `case${id}.gradients.${name}`, after: `case${id}.${name}` };
        },
      });
    });
  }
});

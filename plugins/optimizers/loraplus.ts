import { z } from 'zod';
import type { Optimizer } from '../../core/contracts/optimizer.ts';
import type { ParameterSpec } from '../../core/contracts/parameter.ts';
import { adamOptions } from '../../core/optimizer/adamOptions.ts';
import { adamwSlots, adamwUpdates } from '../../core/optimizer/adamwUpdates.ts';
import type { GroupSettings } from '../../core/optimizer/parameterGroups.ts';

const schema = z.strictObject({
  loraplus_lr_ratio: z
    .number()
    .min(1)
    .default(16)
    .describe('Learning rate of B and of every 1-D parameter over that of A; the paper finds about 16'),
  loraplus_weight_decay: z.number().min(0).default(0).describe('Of everything but biases and norms'),
  ...adamOptions,
});

type Config = z.output<typeof schema>;

const options = ({ betas, eps }: Config) => ({ betas, eps, amsgrad: false });

/** PEFT's groups: B and what is 1-D learns faster; biases, and norms, do not decay. */
function settingsOf(config: Config, { role, shape }: ParameterSpec): GroupSettings {
  return {
    learningRateScale: role === 'lora_B' || shape.length === 1 ? config.loraplus_lr_ratio : 1,
    weightDecay: role === 'bias' || role === 'norm' ? 0 : config.loraplus_weight_decay,
  };
}

/** LoRA+ (arXiv 2402.12354): AdamW with a learning rate for B that is a multiple of A's, as PEFT's create_loraplus_optimizer sets it up. */
export const loraplus: Optimizer<Config> = {
  id: 'loraplus',
  summary: 'AdamW with a larger learning rate for B than for A',
  source: 'LoRA+, arXiv 2402.12354; as peft.optimizers.create_loraplus_optimizer over torch.optim.AdamW',
  config: schema,
  aliases: { ratio: 'loraplus_lr_ratio', weight_decay: 'loraplus_weight_decay' },
  check(_config, parameters) {
    if (parameters.some(({ role, trainable }) => role === 'lora_B' && trainable)) return [];
    const message = 'LoRA+ gives B a larger learning rate than A; this method has no B. Use adamw with `groups`';
    return [{ severity: 'error', path: 'type', message }];
  },
  slots: (config, { shape }) => adamwSlots(options(config)).map((name) => ({ name, shape })),
  update: (config, parameters, scalars) =>
    adamwUpdates(options(config), parameters, scalars, (spec) => settingsOf(config, spec)),
};

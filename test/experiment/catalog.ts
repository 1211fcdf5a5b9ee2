import { z } from 'zod';
import { createCatalog } from '../../core/container.ts';
import type { Adapter } from '../../core/contracts/adapter.ts';
import type { Dataset } from '../../core/contracts/dataset.ts';
import type { Engine } from '../../core/contracts/engine.ts';
import type { Objective } from '../../core/contracts/objective.ts';
import type { Optimizer } from '../../core/contracts/optimizer.ts';
import type { PluginCatalog } from '../../core/contracts/pluginCatalog.ts';
import type { Preset } from '../../core/contracts/preset.ts';
import type { Reward } from '../../core/contracts/reward.ts';

const source = 'test';

function unused(): never {
  throw new Error('only the configuration is tested here');
}

function adapter(id: string): Adapter {
  return {
    id,
    summary: `the ${id} method`,
    source,
    formula: '',
    config: z.strictObject({
      r: z.int().min(1).default(8).describe('Rank'),
      lora_alpha: z.number().positive().default(16),
      lora_dropout: z.number().min(0).max(1).default(0),
      target_modules: z.union([z.string(), z.array(z.string())]).default('all-linear'),
      init: z.enum(['default', 'gaussian', 'pissa']).default('default'),
    }),
    aliases: { rank: 'r', alpha: 'lora_alpha', dropout: 'lora_dropout' },
    isIdentityAtStart: unused,
    targets: unused,
    plan: unused,
    attach: unused,
    merged: unused,
    toPeft: unused,
    fromPeft: unused,
  };
}

function objective(id: string, rollouts: boolean): Objective {
  return {
    id,
    summary: id,
    source,
    config: z.strictObject({ epsilon: z.number().min(0).default(0.2), beta: z.number().min(0).default(0) }),
    requirements: () => ({
      advantage: rollouts ? 'group' : 'supervised',
      rollouts,
      beta: 0,
      minimumGroupSize: rollouts ? 2 : 1,
      skipsZeroAdvantage: false,
    }),
    loss: unused,
  };
}

const dataset = (id: string): Dataset => ({
  id,
  summary: id,
  source,
  config: z.strictObject({ family: z.enum(['chains', 'equations']).default('chains') }),
  open: unused,
});

const reward = (id: string): Reward => ({ id, summary: id, source, config: z.strictObject({}), create: unused });

const optimizer = (id: string): Optimizer => ({
  id,
  summary: id,
  source,
  config: z.strictObject({ betas: z.tuple([z.number(), z.number()]).default([0.9, 0.999]) }),
  slots: unused,
  update: unused,
});

const engine = (id: string): Engine => ({
  id,
  summary: id,
  source,
  config: z.strictObject({}),
  capabilities: unused,
  run: unused,
});

/** A catalog of plugins that have configurations and do nothing. */
export function configurationCatalog(presets: readonly Preset[] = []): PluginCatalog {
  return createCatalog({
    presets,
    adapters: [adapter('lora'), adapter('dora'), adapter('full')],
    rewards: [reward('exact_answer'), reward('format')],
    optimizers: [optimizer('adamw'), optimizer('sgd')],
    objectives: [objective('dapo', true), objective('sft', false)],
    analyzers: [],
    datasets: [dataset('arithmetic'), dataset('countdown')],
    engines: [() => engine('embedded')],
  });
}

/** The text of an experiment that has nothing wrong with it. */
export const soundExperiment = `name: trial
model: {path: model}
data:
  train: {type: arithmetic}
adapter:
  type: lora
  r: 16
rewards:
  - {type: exact_answer}
schedule: {type: constant}
`;

import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createCatalog, createContainer, pluginOf } from '../core/container.ts';
import type { Engine } from '../core/contracts/engine.ts';
import type { PluginCatalog, PluginSet } from '../core/contracts/pluginCatalog.ts';
import type { Reward } from '../core/contracts/reward.ts';

const none: PluginSet = {
  adapters: [],
  presets: [],
  rewards: [],
  optimizers: [],
  objectives: [],
  analyzers: [],
  datasets: [],
  engines: [],
};

function reward(id: string): Reward<object> {
  return { id, summary: id, source: 'test', config: z.object({}), create: () => () => ({ value: 1 }) };
}

function engine(id: string, catalog: PluginCatalog): Engine<object> {
  return {
    id,
    summary: catalog
      .all('reward')
      .map((plugin) => plugin.id)
      .join(' '),
    source: 'test',
    config: z.object({}),
    capabilities: () => Promise.resolve({ available: true, explanation: '', devices: [] }),
    run: () => Promise.resolve('finished'),
  };
}

describe('createContainer', () => {
  it('finds a plugin by kind and id and keeps the order of registration', () => {
    const container = createContainer({ ...none, rewards: [reward('boxed'), reward('format')] });
    expect(pluginOf(container, 'reward', 'format').id).toBe('format');
    expect(
      createCatalog({ ...none, rewards: [reward('b'), reward('a')] })
        .all('reward')
        .map(({ id }) => id),
    ).toEqual(['b', 'a']);
  });

  it('suggests the nearest id and lists all for an unknown one', () => {
    const container = createContainer({ ...none, rewards: [reward('boxed'), reward('format')] });
    expect(() => pluginOf(container, 'reward', 'fromat')).toThrow(
      'There is no reward named "fromat". Did you mean "format"? There are: boxed, format.',
    );
    expect(() => pluginOf(container, 'reward', 'zzz')).toThrow(
      'There is no reward named "zzz". There are: boxed, format.',
    );
    expect(() => pluginOf(container, 'adapter', 'lora')).toThrow('There is no adapter plugin at all.');
  });

  it('gives an engine the other plugins, and makes it once', () => {
    let made = 0;
    const container = createContainer({
      ...none,
      rewards: [reward('boxed')],
      engines: [
        (catalog) => {
          made += 1;
          return engine('embedded', catalog);
        },
      ],
    });
    expect(pluginOf(container, 'engine', 'embedded').summary).toBe('boxed');
    pluginOf(container, 'engine', 'embedded');
    expect(made).toBe(1);
  });
});

import { z } from 'zod';
import type { PluginDescription } from '../contracts/plugin.ts';
import type { Behaviour } from './behaviour.ts';
import { nonconformity } from './behaviour.ts';

/** Any plugin with the least options that a user can write for it. */
export interface DescribedPlugin {
  /** As the messages name it. */
  readonly plugin: string;
  readonly description: PluginDescription<unknown>;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What a plugin says about itself, and its schema, whatever its kind. */
export const describesItself: Behaviour<DescribedPlugin> = {
  name: 'describes itself and its options',
  isBasic: true,
  judge: ({ plugin, description, options }) => {
    const wrong = (problem: string): never => {
      throw nonconformity({ plugin }, problem);
    };
    const { id, summary, source, config, aliases = {} } = description;
    if (!/^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/.test(id)) wrong(`its id "${id}" is not lower case words joined by - or _`);
    for (const [name, text] of Object.entries({ summary, source })) {
      if (!/^\S.{5,120}$/u.test(text)) wrong(`its ${name} is not one line of 6 to 121 characters: "${text}"`);
    }
    const parsed = config.safeParse(options);
    if (!parsed.success) {
      wrong(`its configuration refuses ${JSON.stringify(options)}: ${z.prettifyError(parsed.error)}`);
      return;
    }
    const again = config.safeParse(parsed.data);
    if (JSON.stringify(again.data) !== JSON.stringify(parsed.data))
      wrong(`its configuration refuses or changes its own result ${JSON.stringify(parsed.data)}`);
    const surprise = config.safeParse({ ...options, surprise: 1 });
    if (surprise.success) wrong('its configuration accepts a key "surprise" that it does not have: use z.strictObject');
    for (const value of [undefined, 'text', 3, [1]]) {
      if (config.safeParse(value).success)
        wrong(`its configuration accepts ${JSON.stringify(value)}, which is no object`);
    }
    const schema = z.toJSONSchema(config, { io: 'input' });
    if (schema.type !== 'object') wrong('its configuration has no JSON Schema of an object');
    const keys = Object.keys(schema.properties ?? {});
    for (const [alias, key] of Object.entries(aliases)) {
      if (!keys.includes(key)) wrong(`its alias "${alias}" stands for "${key}", which is no key`);
      if (keys.includes(alias)) wrong(`its alias "${alias}" is a key itself`);
    }
  },
};

import type { z } from 'zod';

/** What every plugin says about itself. `id` is the name users write in an experiment. */
export interface PluginDescription<Config> {
  /** Unique among plugins of its kind; lower case, words joined by `-` or `_`. */
  readonly id: string;
  /** One line for `rlvr plugins` and hovers. */
  readonly summary: string;
  /** Where the method comes from: a paper (arXiv id), a library, or this project. */
  readonly source: string;
  /** Validates the plugin's part of an experiment and fills in its defaults. */
  readonly config: z.ZodType<Config>;
  /** Other spellings of the configuration's keys that users may write, for example `rank` for `r`. */
  readonly aliases?: Readonly<Record<string, string>>;
}

/** One thing that a plugin finds wrong with a configuration before anything starts. */
export interface ConfigFinding {
  readonly severity: 'error' | 'warning';
  /** Dotted path inside the plugin's own configuration, for example `rank`. */
  readonly path: string;
  readonly message: string;
}

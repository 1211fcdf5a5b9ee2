import type { PluginDescription } from './plugin.ts';

/** Values of one step, by name: reward, accuracy, entropy, ... ; timing under `time/`, memory under `memory/`. */
export type Metrics = Readonly<Record<string, number>>;

/** What a run is doing now. `total` is undefined where the end is not known. */
export interface Progress {
  readonly phase:
    'starting' | 'downloading' | 'calibrating' | 'evaluating' | 'rollout' | 'training' | 'saving' | 'finished';
  readonly done: number;
  readonly total: number | undefined;
}

/** What an engine reports while it runs; everything else is in the run's folder. */
export type EngineEvent =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'step'; readonly step: number; readonly metrics: Metrics }
  | { readonly kind: 'note'; readonly level: 'info' | 'warning'; readonly message: string };

/** How a run came to its end. */
export type EngineOutcome = 'finished' | 'stopped';

/** What an engine can do on this machine, and why not. */
export interface EngineCapabilities {
  readonly available: boolean;
  /** In words: what works, or what is missing. */
  readonly explanation: string;
  readonly devices: readonly string[];
}

/** One run for an engine to carry out; the folder holds `run.json` with the resolved experiment. */
export interface EngineJob {
  readonly runFolder: string;
  /** Aborting asks for a graceful stop: the step in progress ends, a checkpoint is written. */
  readonly signal: AbortSignal;
  onDidReport(event: EngineEvent): void;
}

/** Runs experiments: in this process, in another, or on a cluster. */
export interface Engine<Config = unknown> extends PluginDescription<Config> {
  capabilities(): Promise<EngineCapabilities>;
  /** Starts, or continues from the newest checkpoint in the run's folder. */
  run(config: Config, job: EngineJob): Promise<EngineOutcome>;
}

/** Container token of the contract of the same name; every plugin of the kind is bound to it. */
export const Engine = Symbol.for('rlvr-lab.Engine');

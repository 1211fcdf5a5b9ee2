import { cpus } from 'node:os';

/** What the figures were taken on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  /** When, ISO 8601. */
  readonly date: string;
}

/** This machine, now. */
export function describeMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown processor',
    cores: processors.length,
    node: process.versions.node,
    date: new Date().toISOString(),
  };
}

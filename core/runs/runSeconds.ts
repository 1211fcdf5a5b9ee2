import type { RunRecord } from './runRecord.ts';

/**
 * Seconds that processes have worked on a run, over all attempts. An attempt without an end is taken to have lasted
 * until `now`; a process that takes over gives the end to an attempt that died.
 */
export function runSeconds({ attempts }: RunRecord, now: number): number {
  const lasted = attempts.map(({ startedAt, endedAt }) => {
    const end = endedAt === undefined ? now : Date.parse(endedAt);
    return Math.max(0, end - Date.parse(startedAt)) / 1000;
  });
  return lasted.reduce((sum, seconds) => sum + seconds, 0);
}

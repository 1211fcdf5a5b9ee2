import { randomInt } from 'node:crypto';
import { RlvrError } from '../errors.ts';

const runIdPattern = /^\d{8}-\d{6}-[a-z0-9][a-z0-9._-]{0,63}-[0-9a-z]{4}$/i;
const referencePattern = /^[a-z0-9][a-z0-9._-]{0,99}$/i;

/** A new run's id: `<yyyymmdd-hhmmss>-<name>-<4 random base36>`, in UTC, so that ids sort by time. */
export function createRunId(name: string, now: Date): string {
  const [day = '', time = ''] = now.toISOString().split('T');
  const random = randomInt(36 ** 4)
    .toString(36)
    .padStart(4, '0');
  return `${day.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${name}-${random}`;
}

/** Whether this is the id of a run, and so the name of its folder. */
export function isRunId(text: string): boolean {
  return runIdPattern.test(text);
}

/** Throws `run/invalid-id` for what can be neither a run's id nor the beginning of one, paths above all. */
export function checkRunReference(reference: string): void {
  if (referencePattern.test(reference) && !reference.includes('..')) return;
  throw new RlvrError(
    'run/invalid-id',
    `"${printable(reference)}" is not a run id. A run is named by its id (${exampleId}), by the beginning of it, or by "latest".`,
    { reference },
  );
}

const exampleId = '20260131-142501-lora-k3f9';

function printable(text: string): string {
  return JSON.stringify(text.slice(0, 100)).slice(1, -1);
}

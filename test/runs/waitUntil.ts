import { setTimeout as delay } from 'node:timers/promises';

/** Looks again and again, a thousand times a second, until `isSo`. */
export async function waitUntil(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(1);
}

import { setTimeout as delay } from 'node:timers/promises';
import { isPassing } from './hubFailure.ts';
import type { HubSettings } from './hubSettings.ts';

const answerMilliseconds = 60_000;
const mostAttempts = 4;
const firstPause = 500;

/** `fetch` with the token for the hub's own address, and an end to waiting for an answer. */
export function hubFetch({ endpoint, token }: HubSettings, signal: AbortSignal | undefined): typeof fetch {
  const { origin } = new URL(endpoint);
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    const address = input instanceof Request ? input.url : String(input);
    if (token !== undefined && new URL(address).origin === origin) headers.set('Authorization', `Bearer ${token}`);
    const patience = new AbortController();
    const timer = setTimeout(() => {
      patience.abort(new Error(`no answer from ${address} in ${answerMilliseconds / 1000} seconds`));
    }, answerMilliseconds);
    const signals = [signal, init?.signal, patience.signal].filter((each) => each !== undefined && each !== null);
    try {
      return await fetch(input, { ...init, headers, signal: AbortSignal.any(signals) });
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Tries again, with longer and longer pauses, what fails for reasons that may pass. `progress` that grew counts as a new start. */
export async function retrying<T>(action: () => Promise<T>, progress: () => number = () => 0): Promise<T> {
  let attempt = 1;
  let before = progress();
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (!isPassing(error)) throw error;
      const now = progress();
      attempt = now > before ? 1 : attempt + 1;
      if (attempt > mostAttempts) throw error;
      if (now === before) await delay(firstPause * 2 ** (attempt - 2));
      before = now;
    }
  }
}

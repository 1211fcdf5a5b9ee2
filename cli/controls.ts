import type { Terminal } from './terminal.ts';

/** What a user can do to a run that is watched. */
export interface ControlHandlers {
  /** Ctrl-C. */
  onDidInterrupt(): void;
  /** The key `d`. */
  onDidDetach(): void;
}

/** Whether keys can be read one by one. */
export function canReadKeys({ in: input, isLive }: Terminal): boolean {
  return isLive && input.isTTY === true && input.setRawMode !== undefined;
}

/** Listens to Ctrl-C, and to keys where there is a keyboard. Call the result to give the terminal back as it was. */
export function listenToControls(terminal: Terminal, { onDidInterrupt, onDidDetach }: ControlHandlers): () => void {
  const { in: input } = terminal;
  process.on('SIGINT', onDidInterrupt);
  const readsKeys = canReadKeys(terminal);
  const read = (bytes: Buffer): void => {
    for (const key of bytes.toString('utf8')) {
      // In raw mode Ctrl-C comes as a character and not as a signal.
      if (key === '\u0003') onDidInterrupt();
      if (key === 'd' || key === 'D') onDidDetach();
    }
  };
  if (readsKeys) {
    input.setRawMode?.(true);
    input.on('data', read);
    input.resume();
  }
  return () => {
    process.off('SIGINT', onDidInterrupt);
    if (!readsKeys) return;
    input.off('data', read);
    input.setRawMode?.(false);
    input.pause();
  };
}

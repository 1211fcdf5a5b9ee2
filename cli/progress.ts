import { formatCount, formatSeconds } from '../core/report/formatValue.ts';
import { createLiveDisplay, terminalWidth } from './display/liveDisplay.ts';
import { progressBar } from './display/sparkline.ts';
import { formatPieces } from './display/textLine.ts';
import type { Terminal } from './terminal.ts';

/** Shows how far a piece of work is. */
export interface Progress {
  update(done: number, total: number): void;
  /** Removes what is shown. */
  end(): void;
}

/** Work that is shorter than this shows nothing. */
const quietMilliseconds = 1000;
const mostBarWidth = 30;
/** Between two lines where nothing can be drawn over. */
const lineMilliseconds = 5000;

/**
 * Progress with the time left: a bar in a terminal, now and then a line on standard error elsewhere. With `json` nothing, since
 * programs read both.
 */
export function createProgress(terminal: Terminal, label: string, json: boolean): Progress {
  const began = Date.now();
  if (json) return { update: () => undefined, end: () => undefined };
  if (terminal.isLive) {
    const display = createLiveDisplay(terminal);
    const { hasUnicode, style } = terminal;
    return {
      update: (done, total) => {
        const elapsed = Date.now() - began;
        if (elapsed < quietMilliseconds) return;
        const text = `  ${describe(label, done, total, elapsed)}`;
        const room = terminalWidth(terminal) - 1;
        const width = Math.max(4, Math.min(mostBarWidth, room - text.length));
        const bar = { text: progressBar(done / total, width, hasUnicode), style: 'green' } as const;
        display.draw([formatPieces([bar, text], room, style)]);
      },
      end: () => {
        display.clear();
      },
    };
  }
  let shownAt = began - lineMilliseconds + quietMilliseconds;
  return {
    update: (done, total) => {
      const now = Date.now();
      if (done >= total || now - shownAt < lineMilliseconds) return;
      shownAt = now;
      terminal.err.write(`${describe(label, done, total, now - began)}\n`);
    },
    end: () => undefined,
  };
}

function describe(label: string, done: number, total: number, elapsed: number): string {
  const left = done === 0 || done >= total ? '' : `, about ${leftInWords((elapsed * (total - done)) / done)} left`;
  return `${label} ${formatCount(done)}/${formatCount(total)}${left}`;
}

function leftInWords(milliseconds: number): string {
  return formatSeconds(Math.max(1, Math.round(milliseconds / 1000)));
}

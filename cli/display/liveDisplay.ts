import type { Terminal } from '../terminal.ts';

/** Lines at the bottom of the terminal that are drawn over again and again. */
export interface LiveDisplay {
  /** Replaces what is shown. */
  draw(lines: readonly string[]): void;
  /** Removes what is shown, and leaves the cursor where it stood. */
  clear(): void;
}

const fallbackWidth = 80;

/** The width of a terminal in characters. */
export function terminalWidth({ out }: Terminal): number {
  return Math.max(20, out.columns ?? fallbackWidth);
}

/** A display in place, without taking over the screen: what stands above stays in the terminal's history. */
export function createLiveDisplay(terminal: Terminal): LiveDisplay {
  let shown: readonly string[] = [];
  const erase = (): string => {
    // A terminal that was made narrower has wrapped the lines that it shows.
    const rows = shown.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(plainLength(line) / terminalWidth(terminal))),
      0,
    );
    return rows === 0 ? '' : `\u001b[${rows}A\r\u001b[J`;
  };
  return {
    draw: (lines) => {
      terminal.out.write(`${erase()}${lines.map((line) => `${line}\n`).join('')}`);
      shown = lines;
    },
    clear: () => {
      terminal.out.write(erase());
      shown = [];
    },
  };
}

function plainLength(line: string): number {
  // eslint-disable-next-line no-control-regex -- the escape sequences of styles are what is left out
  return Array.from(line.replace(/\u001b\[[\d;]*m/g, '')).length;
}

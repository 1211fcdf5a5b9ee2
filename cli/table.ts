import { clean } from './display/textLine.ts';
import type { Terminal } from './terminal.ts';
import { writeLine } from './terminal.ts';

/** A column of a table: its title, and whether its entries are numbers, which end at the same place. */
export interface Column {
  readonly title: string;
  readonly isNumber?: boolean;
}

/** Writes a table with a head; columns are as wide as their widest entry. */
export function writeTable(terminal: Terminal, columns: readonly Column[], rows: readonly (readonly string[])[]): void {
  const cleaned = rows.map((row) => row.map(clean));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cleaned.map((row) => row[index]?.length ?? 0)),
  );
  const format = (row: readonly string[]): string =>
    row
      .map((text, index) => {
        const width = widths[index] ?? 0;
        return columns[index]?.isNumber === true ? text.padStart(width) : text.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  writeLine(terminal, terminal.style('dim', format(columns.map(({ title }) => title))));
  for (const row of cleaned) writeLine(terminal, format(row));
}

/** Writes `name value` lines with the values one below the other. */
export function writeFacts(terminal: Terminal, facts: readonly (readonly [string, string])[]): void {
  const width = Math.max(...facts.map(([name]) => name.length));
  for (const [name, value] of facts) {
    writeLine(terminal, `${terminal.style('dim', name.padEnd(width))}  ${clean(value)}`);
  }
}

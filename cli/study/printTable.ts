import type { ReportTable } from '../../core/study/report/reportTable.ts';
import type { Terminal } from '../terminal.ts';
import { writeLine } from '../terminal.ts';
import { writeTable } from '../table.ts';

/** Writes a table of a study's report: its title, its rows, and what is to be said of them. */
export function printTable(terminal: Terminal, { title, columns, rows, note }: ReportTable): void {
  writeLine(terminal, terminal.style('bold', title));
  writeTable(
    terminal,
    columns.map((column) => ({ title: column.title, isNumber: column.align === 'right' })),
    rows.map((row) => row.map(({ text }) => text)),
  );
  if (note !== undefined) writeLine(terminal, terminal.style('dim', note));
  writeLine(terminal);
}

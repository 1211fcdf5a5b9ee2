import { comparisonSentence } from '../../core/study/report/comparisonSentence.ts';
import { reportStudy } from '../../core/study/report/studyReport.ts';
import type { StudyResults } from '../../core/study/studyResults.ts';
import { clean } from '../display/textLine.ts';
import type { Terminal } from '../terminal.ts';
import { writeLine } from '../terminal.ts';
import { printTable } from './printTable.ts';

/** Writes the leaderboards of a study's parts, headline parts first, and what can be said of the differences. */
export function showLeaderboard(terminal: Terminal, results: StudyResults): void {
  for (const { summary, settings } of reportStudy(results).parts) {
    const { name, title, exploratory } = summary.part;
    const kind = exploratory ? ' (exploratory)' : '';
    if (settings.every(({ leaderboard }) => leaderboard.rows.length === 0)) continue;
    writeLine(terminal, terminal.style('bold', `${title ?? name}${kind}`));
    for (const { leaderboard, summary: setting } of settings) {
      printTable(terminal, leaderboard);
      for (const comparison of setting.comparisons) writeLine(terminal, clean(comparisonSentence(comparison)));
      writeLine(terminal);
    }
  }
}

import type { CompletionRow } from '../runs/completions.ts';
import type { MetricsLine } from '../runs/metrics.ts';
import type { RunRecord, RunStatus } from '../runs/runRecord.ts';

/** All that a report shows. */
export interface ReportData {
  readonly run: RunRecord;
  /** The status now, which `run` may not know yet (a process that died). */
  readonly status: RunStatus;
  readonly metrics: readonly MetricsLine[];
  /** Samples of the completions; `selectCompletions` chooses them. */
  readonly completions: readonly SelectedCompletion[];
  /** Largest difference allowed between a token's log-probabilities when sampled and when trained on. */
  readonly gapBound?: number;
  /** When the report is written, ISO 8601. */
  readonly writtenAt: string;
}

/** Why a completion is shown. */
export const selectionReasons = ['best', 'worst', 'longest', 'truncated'] as const;

/** One of `selectionReasons`. */
export type SelectionReason = (typeof selectionReasons)[number];

/** A completion that is shown, and why. */
export interface SelectedCompletion {
  readonly row: CompletionRow;
  /** The rewards' weighted sum; undefined where no reward could judge. */
  readonly total: number | undefined;
  readonly reasons: readonly SelectionReason[];
}

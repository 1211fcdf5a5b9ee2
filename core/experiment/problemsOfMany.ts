import { RlvrError } from '../errors.ts';

/** One of several experiments of a file, and what is wrong with it. */
export interface FailedExperiment {
  /** Which one, for people. */
  readonly label: string;
  readonly error: RlvrError;
}

/** How several experiments of a file are spoken of. */
export interface ExperimentsOfFile {
  readonly count: number;
  /** As in `every cell`. */
  readonly every: string;
  /** As in `the cell`. */
  readonly one: string;
}

interface ToldIssue {
  readonly path: string;
  readonly place: string;
  readonly message: string;
}

const mostProblems = 10;

/** One error for what is wrong with several experiments of a file: each problem once, with its place and where it occurs. */
export function problemsOfMany(
  file: string,
  failed: readonly FailedExperiment[],
  { count, every, one }: ExperimentsOfFile,
): RlvrError {
  const problems = new Map<string, { issue: ToldIssue; in: string[] }>();
  for (const { label, error } of failed) {
    const alone: readonly ToldIssue[] = [{ path: '', place: '', message: error.message }];
    for (const issue of (error.fields['issues'] as readonly ToldIssue[] | undefined) ?? alone) {
      const key = JSON.stringify([issue.place, issue.path, issue.message]);
      const known = problems.get(key) ?? { issue, in: [] };
      problems.set(key, { issue, in: [...known.in, label] });
    }
  }
  const lines = [...problems.values()].map(({ issue, in: where }) => {
    const text = [issue.place, issue.path, issue.message].filter((part) => part !== '').join(': ');
    const others = where.length === 1 ? '' : ` and ${where.length - 1} more`;
    return where.length === count ? `${text} (in ${every})` : `${text} (in ${one} ${where[0] ?? ''}${others})`;
  });
  const rest = lines.length > mostProblems ? [`... and ${lines.length - mostProblems} more`] : [];
  const shown = [...lines.slice(0, mostProblems), ...rest];
  const [code = 'config/invalid', ...others] = new Set(failed.map(({ error }) => error.code));
  const message =
    shown.length === 1 ? shown.join('') : `${file} has ${lines.length} problems:\n  ${shown.join('\n  ')}`;
  return new RlvrError(others.length === 0 ? code : 'config/invalid', message, {
    file,
    issues: [...problems.values()].map(({ issue }) => issue),
  });
}

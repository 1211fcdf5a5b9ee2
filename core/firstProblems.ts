/** The first `most` problems in one line, and how many more there are. */
export function firstProblems(problems: readonly string[], most: number): string {
  const rest = problems.length - most;
  return problems.slice(0, most).join('; ') + (rest > 0 ? `; and ${rest} more` : '');
}

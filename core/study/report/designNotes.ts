import type { StudyResults } from '../studyResults.ts';
import { coverageNote } from './coverageNote.ts';
import { declaredDifferences, overheadSentence } from './designTables.ts';
import type { StudySummary } from './studySummary.ts';

/** What is to be known of a study's design besides its tables: differences that are meant, what its intervals hold, its overhead. */
export function designNotes(results: StudyResults, { parts }: StudySummary): readonly string[] {
  return [
    ...declaredDifferences(results),
    ...parts.flatMap(({ part }) => coverageNote(part) ?? []),
    overheadSentence(results),
  ];
}

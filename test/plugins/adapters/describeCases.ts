import { describe, it } from 'vitest';
import { goldenPath } from '../../goldenFolder.ts';

/** A golden case by its kind (`peft/layers`) and method, under which the reporter counts it. */
export interface DescribedCase {
  readonly kind: string;
  readonly method: string;
  readonly name: string;
  /** Why it is not run. */
  readonly reason?: string;
}

const isOwnData = process.env['RLVR_GOLDEN'] === undefined;

function grouped<Case>(cases: readonly Case[], keyOf: (entry: Case) => string): ReadonlyMap<string, readonly Case[]> {
  const keys = [...new Set(cases.map(keyOf))];
  return new Map(keys.map((key) => [key, cases.filter((entry) => keyOf(entry) === key)]));
}

/**
 * One test a case, grouped by kind and method. Those that are not covered are skipped with the reason, but not in this repository's own
 * data, which holds nothing that is not covered.
 */
export function describeCases<Case extends DescribedCase>(
  kind: string,
  cases: readonly Case[],
  run: (entry: Case) => void | Promise<void>,
): void {
  if (cases.length === 0) describe(kind, () => it.skip(`no cases in ${goldenPath()}`));
  for (const [own, ofKind] of grouped(cases, (entry) => entry.kind)) {
    describe(own, () => {
      for (const [method, ofMethod] of grouped(ofKind, (entry) => entry.method)) {
        describe(method, () => {
          for (const entry of ofMethod) {
            if (entry.reason === undefined || isOwnData) it(entry.name, () => run(entry));
            else it.skip(`${entry.name}: not covered, ${entry.reason}`);
          }
        });
      }
    });
  }
}

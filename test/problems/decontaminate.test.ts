import { describe, expect, it } from 'vitest';
import type { Problem, ProblemSource } from '../../core/contracts/dataset.ts';
import { decontaminate } from '../../core/problems/decontaminate.ts';

function sourceOf(questions: readonly string[], isEndless = false): ProblemSource {
  const problem = (index: number): Problem => {
    const question = questions[index % questions.length] ?? '';
    return { id: `${question.length} ${index}`, question, reference: '1', family: 'made' };
  };
  return { size: isEndless ? undefined : questions.length, hash: questions.join('|'), problem };
}

function questionsOf(source: ProblemSource, count = source.size ?? 0): string[] {
  return Array.from({ length: count }, (_, i) => source.problem(i).question);
}

const long = 'A farmer has seven hens that lay two eggs each day; how many eggs are there after a week of days?';
const near = `Reworded start: ${long.slice(2).replaceAll('eggs', 'EGGS')}`;
const twelve = 'hens that lay two eggs each day; how many eggs are there';
const training = ['What is 1+2?', long, 'Something else entirely', near, `Other words, ${twelve} now`];
const evaluated = [{ name: 'bench', source: sourceOf(['what  is $1 + 2$', long]), problems: 10 }];

describe('training problems that are also evaluated on', () => {
  it('are found by the same words, or 13 of them in a row, and by no fewer', () => {
    const { train, report } = decontaminate(sourceOf(training), evaluated, 'report');
    expect(report).toMatchObject({ mode: 'report', checked: 5, evaluated: 2, exact: 2, overlapping: 1 });
    expect(report.bySource).toEqual({ bench: { exact: 2, overlapping: 1 } });
    expect(report.first.map(({ how, train: found }) => [how, found.question])).toEqual([
      ['exact', 'What is 1+2?'],
      ['exact', long],
      ['13-gram', near],
    ]);
    expect(questionsOf(train)).toEqual(training);
    expect(train.hash).toBe(sourceOf(training).hash);
  });

  it('tells sums apart that differ in a sign or a number alone', () => {
    const others = sourceOf(['What is 1-2?', 'What is 12?', 'What is 1+2+2?', 'What is 1+3?']);
    expect(decontaminate(others, evaluated, 'report').report).toMatchObject({ exact: 0, overlapping: 0 });
  });

  it('are left out where that is wanted', () => {
    const { train, report } = decontaminate(sourceOf(training), evaluated, 'drop');
    expect(questionsOf(train)).toEqual(['Something else entirely', training[4]]);
    expect(report).toMatchObject({ mode: 'drop', exact: 2, overlapping: 1 });
    expect(train.hash).not.toBe(sourceOf(training).hash);
    expect(() => train.problem(2)).not.toThrow();
    expect(() => decontaminate(sourceOf([long]), evaluated, 'drop')).toThrow(
      /All 1 training problems are also evaluated on/u,
    );
  });

  it('count only as far as they are evaluated', () => {
    const first = [{ name: 'bench', source: sourceOf(['something', long]), problems: 1 }];
    expect(decontaminate(sourceOf(training), first, 'report').report).toMatchObject({ evaluated: 1, exact: 0 });
  });

  it('are replaced by others in training data that never end', () => {
    const endless = sourceOf(['What is 1+2?', 'What is 1+3?', 'What is 1+4?'], true);
    const { train, report } = decontaminate(endless, evaluated, 'drop');
    expect(report.exact).toBeGreaterThan(600);
    expect(new Set(questionsOf(train, 300))).toEqual(new Set(['What is 1+3?', 'What is 1+4?']));
    expect(questionsOf(train, 300)).toEqual(questionsOf(train, 300));
  });

  it('are not looked for where all is generated', () => {
    const asked: number[] = [];
    const endless = { ...sourceOf(['a'], true), problem: (i: number) => asked.push(i) as never };
    const { train, report } = decontaminate(endless, [{ name: 'same', source: endless, problems: 9 }], 'drop');
    expect(train).toBe(endless);
    expect(asked).toEqual([]);
    expect(report.skipped).toContain('everything is generated');
  });
});

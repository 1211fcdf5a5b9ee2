import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { studyFiles } from '../../../core/study/report/studyFiles.ts';
import { summarizeStudy } from '../../../core/study/report/studySummary.ts';
import { studyResultsSchema, type StudyResults } from '../../../core/study/studyResults.ts';
import { contentsOf, tagsOf } from '../../report/skeleton.ts';
import { syntheticResults } from './syntheticResults.ts';

const results = syntheticResults();
const files = new Map(studyFiles(results).map(({ name, content }) => [name, content]));
const hostile = '</script><svg onload=alert(1)>"|\\_$%&{}~^=HYPERLINK("x")\u202e\n# heading';

function withText(text: string): StudyResults {
  const method = (name: string): string => (name === 'dora' ? `=${text}` : name);
  return {
    ...results,
    name: text,
    description: text,
    methods: results.methods.map((one) => ({
      ...one,
      name: method(one.name),
      adapter: text,
      options: { [text]: text },
    })),
    parts: results.parts.map((part) => ({ ...part, title: text, methods: part.methods.map(method) })),
    notRun: results.notRun.map((one) => ({ ...one, because: text })),
    trials: results.trials.map((trial) => ({
      ...trial,
      uses: trial.uses.map((use) => ({ ...use, method: method(use.method) })),
      ...(trial.error === undefined ? {} : { error: { code: text, message: text } }),
    })),
  };
}

describe('a study’s report', () => {
  it('is of results as files hold them', () => {
    expect(studyResultsSchema.parse(JSON.parse(JSON.stringify(results)))).toEqual(results);
  });

  it.each([
    'leaderboard.md',
    'leaderboard.csv',
    'comparisons.csv',
    'spectra.csv',
    'leaderboard.tex',
    'leaderboard.json',
  ])('writes %s', async (name) => {
    await expect(files.get(name)).toMatchFileSnapshot(`./golden/${name}`);
  });

  it.each([
    'figures/headline-countdown-accuracy.svg',
    'figures/headline-countdown-against-lora.svg',
    'figures/headline-chains-parameters.svg',
    'figures/headline-chains-reward-pissa.svg',
    'figures/floor-adapter-rank-chains.svg',
    'figures/rates-chains-base-vera.svg',
  ])('draws %s', async (name) => {
    await expect(files.get(name)).toMatchFileSnapshot(`./golden/${name}`);
  });

  it('is the same bytes for the same results', () => {
    expect(new Map(studyFiles(syntheticResults()).map(({ name, content }) => [name, content]))).toEqual(files);
  });

  it('has a page that says what the Markdown says, and needs no network', () => {
    const page = files.get('leaderboard.html') ?? '';
    const text = page.replace(/<[^>]*>/gu, ' ').replace(/\s+/gu, ' ');
    for (const [, sentence] of (files.get('leaderboard.md') ?? '').matchAll(/^- \*\*\w+\*\*: ([A-Z].*)$/gmu)) {
      expect(text).toContain(sentence!.replaceAll('&lt;', '<').replaceAll('\\', ''));
    }
    expect(page).not.toMatch(/https?:|url\(|@import/iu);
    expect(() => new Script(contentsOf(page, 'script')[0] ?? '')).not.toThrow();
    for (const [name, content] of files)
      if (name.endsWith('.svg')) expect(content).not.toMatch(/NaN|undefined|Infinity/u);
  });

  it('marks exploratory parts, and says what was not run and what failed', () => {
    const text = files.get('leaderboard.md') ?? '';
    expect(text).toContain('## Exploratory: How few parameters are enough?');
    expect(text).toContain('training/not-finite: The loss of step 31 is NaN.');
    expect(text).toContain('the budget of 6 hours was used up');
    expect(text).toContain('7 (1 failed)');
  });

  it('escapes hostile names in every format', () => {
    const made = new Map(studyFiles(withText(hostile)).map(({ name, content }) => [name, content]));
    const tags = (page: string | undefined): string[] =>
      [...new Set(tagsOf(page ?? '').map(({ name }) => name))].sort();
    expect(tags(made.get('leaderboard.html'))).toEqual(tags(files.get('leaderboard.html')));
    const onload = tagsOf(made.get('leaderboard.html') ?? '').filter(({ attributes }) => 'onload' in attributes);
    expect(onload).toEqual([]);
    const markdown = made.get('leaderboard.md') ?? '';
    expect(markdown).not.toMatch(/<svg|<\/script/u);
    expect(markdown.split('\n').filter((line) => line === '# heading')).toEqual([]);
    const latex = made
      .get('leaderboard.tex')!
      .split('\n')
      .filter((line) => line.includes('HYPERLINK'));
    for (const line of latex.slice(1)) expect(line).not.toMatch(/(?<!\\)[_#%](?!HYPER)/u);
    expect(made.get('leaderboard.csv')).toContain(`"'=`);
    for (const name of made.keys()) expect(name).toMatch(/^[\w./-]+$/u);
  });
});

describe('a study’s fingerprint', () => {
  it('does not depend on the machine', () => {
    const slower = {
      ...results,
      seconds: { trials: 1, overhead: 2 },
      trials: results.trials.map((trial) => ({
        ...trial,
        seconds: { total: 9, training: 8, evaluation: 1 },
        peakMemoryBytes: 1,
      })),
    };
    expect(summarizeStudy(slower).fingerprint).toBe(summarizeStudy(results).fingerprint);
  });

  it('depends on every answer', () => {
    const [first, ...rest] = results.trials;
    const [[name, benchmark] = ['', undefined]] = Object.entries(first!.benchmarks);
    const [share, ...shares] = benchmark!.shares;
    const moved = { ...benchmark!, shares: [share === 1 ? 0.75 : 1, ...shares] };
    const other = { ...results, trials: [{ ...first!, benchmarks: { [name]: moved } }, ...rest] };
    expect(summarizeStudy(other).fingerprint).not.toBe(summarizeStudy(results).fingerprint);
  });
});

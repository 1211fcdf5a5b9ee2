import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { ReportData } from '../../core/report/reportData.ts';
import { renderReport } from '../../core/report/renderReport.ts';
import { runRecordSchema } from '../../core/runs/runRecord.ts';
import { contentsOf, tagsOf } from './skeleton.ts';
import { syntheticRun } from './syntheticRun.ts';

const data = syntheticRun();
const page = renderReport(data);
const tags = tagsOf(page);

const hostile = [
  '</script><script>alert(1)</script>',
  '</style><style>*{display:none}</style>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '--><!-- <![CDATA[ ]]> <?php ?>',
  '&lt;script&gt; &amp; &#60;',
  '</textarea></title></svg><svg onload=alert(1)>',
  'javascript:alert(1)',
  '\u0000\u0008\u001b[2J\u007f\u0085',
  'abc\u202edcba\u2066x\u2069\ufeff',
].join(' ');

/** The run with `text` in every place that a run, a model or a user fills. */
function withText(text: string): ReportData {
  const { run, completions } = data;
  const experiment = {
    ...run.experiment,
    description: text,
    data: { ...run.experiment.data, template: `{question}${text}`, system: text },
    adapter: { type: 'lora', note: text, nested: { [text]: text } },
  };
  return {
    ...data,
    run: {
      ...run,
      experiment,
      id: `${run.id}${text}`,
      method: text,
      evaluation: { after: { ...run.evaluation.after!, benchmarks: { [text]: run.evaluation.after! } } },
      status: 'failed',
      error: { code: text, message: text, fields: {} },
      checks: [{ name: text, passed: false, value: 1, explanation: text }],
      source: { file: text, folder: text },
      plugins: [{ kind: text, id: text, hash: text }],
      hashes: { [text]: text },
      ...(run.environment === undefined ? {} : { environment: { ...run.environment, cpu: text, cpuFeatures: [text] } }),
    },
    metrics: data.metrics.map(({ step, metrics }) => ({
      step,
      metrics: { ...metrics, [`reward/${text.replaceAll('/', '|')}/mean`]: 1 },
    })),
    completions: completions.map((shown) => ({
      ...shown,
      row: { ...shown.row, prompt: text, completion: text, problemId: text, rewards: { a: 1, [text]: 0 } },
    })),
  };
}

describe('the page', () => {
  it('lets its own style and script run, and nothing else', () => {
    const [policy] = tags.flatMap(({ attributes }) =>
      attributes['http-equiv'] === 'Content-Security-Policy' ? [attributes['content'] ?? ''] : [],
    );
    const rules = new Map(policy?.split('; ').map((rule) => [rule.split(' ')[0], rule]));
    const hashOf = (text = ''): string => `&#39;sha256-${createHash('sha256').update(text).digest('base64')}&#39;`;
    const [style, script] = [contentsOf(page, 'style'), contentsOf(page, 'script')];
    expect([style.length, script.length]).toEqual([1, 1]);
    // A browser hashes what stands between the tags, spaces included.
    expect(rules.get('style-src')).toBe(`style-src ${hashOf(style[0])}`);
    expect(rules.get('script-src')).toBe(`script-src ${hashOf(script[0])}`);
    expect(rules.get('default-src')).toBe('default-src &#39;none&#39;');
    expect(() => new Script(script[0] ?? '')).not.toThrow();
  });

  it('needs no network: it names no address, and links only to itself', () => {
    expect(page).not.toMatch(/https?:|\/\/[a-z]|url\(|@import/i);
    for (const { name, attributes } of tags) {
      expect(['link', 'img', 'iframe', 'object', 'embed', 'base', 'audio', 'video']).not.toContain(name);
      for (const [key, value] of Object.entries(attributes)) {
        if (key === 'href') expect(value).toMatch(/^#[a-z]+$/);
        // The policy would not let them: styles and handlers stand in the two elements.
        expect(key).not.toMatch(/^(on|src|style$|srcset)/);
      }
    }
  });

  it('closes what it opens, and links to what is there', () => {
    const open: string[] = [];
    const empty = ['meta', 'input', 'line', 'path', 'circle', 'rect', 'br'];
    for (const { name } of tags) {
      if (name.startsWith('/')) expect(open.pop()).toBe(name.slice(1));
      else if (!empty.includes(name)) open.push(name);
    }
    expect(open).toEqual([]);
    const ids = tags.flatMap(({ attributes }) => attributes['id'] ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { attributes } of tags) {
      const target = attributes['href']?.slice(1) ?? attributes['aria-labelledby'];
      if (target !== undefined) expect(ids).toContain(target);
    }
  });

  it('is the same for the same data', () => {
    expect(renderReport(syntheticRun())).toBe(page);
  });
});

describe('text of a run', () => {
  it('never becomes a part of the page, wherever it stands', () => {
    const harmless = tagsOf(renderReport(withText('harmless')));
    const attacked = renderReport(withText(hostile));
    const shape = (all: typeof harmless): string[] =>
      all.map(({ name, attributes }) => [name, ...Object.keys(attributes)].join(' '));
    expect(shape(tagsOf(attacked))).toEqual(shape(harmless));
    expect(contentsOf(attacked, 'script')).toEqual(contentsOf(page, 'script'));
    expect(attacked).toContain('&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  it('shows what would hide or reorder it by its code', () => {
    const attacked = renderReport(withText(hostile));
    // eslint-disable-next-line no-control-regex -- they are what must not be there
    expect(attacked).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]/);
    expect(attacked).toContain('\\u0000\\u0008\\u001b[2J\\u007f\\u0085');
    expect(attacked).toContain('abc\\u202edcba');
  });

  it('is cut in the middle where it is long', () => {
    const long = `begin ${'x'.repeat(1e6)} end`;
    const [shown] = data.completions;
    const cut = renderReport({
      ...data,
      completions: shown ? [{ ...shown, row: { ...shown.row, completion: long } }] : [],
    });
    expect(cut.length).toBeLessThan(page.length);
    expect(cut).toMatch(/begin x+\n\[\.\.\. [\d]+ characters left out \.\.\.\]\nx+ end/);
  });
});

describe('what is shown', () => {
  const wanted = [
    ['Reward', undefined],
    ['Accuracy on held-out problems', '%'],
    ['Completion length', 'tokens'],
    ['Entropy', 'nats'],
    ['KL from the reference', 'nats'],
    ['Clipped tokens', '%'],
    ['Gradient norm', undefined],
    ['Sampler against trainer', 'nats'],
    ['Throughput', 'tokens/s'],
    ['Time per step', ' s'],
    ['Memory', 'MiB'],
  ] as const;
  const figures = [...page.matchAll(/<figure[^]*?<\/figure>/g)].map(([text]) => text);
  const figureOf = (title: string): string => figures.find((text) => text.includes(`<h3>${title}</h3>`)) ?? '';

  it.each(wanted)('draws %s, with its unit, as an image with a name, words and a table', (title, unit) => {
    const figure = figureOf(title);
    expect(figure).toMatch(new RegExp(`role="img"\\s+aria-label="${title} over steps`));
    expect(figure).toMatch(/<path class="line s0" d="M[\d.]+ [\d.]+L/);
    expect(figure.replaceAll(/\s+/g, ' ')).toMatch(/<p class="summary">[^<]*\d[^<]*<\/p>/);
    expect(figure.match(/<th scope="row">/g)?.length).toBeGreaterThan(5);
    const ticks = [...figure.matchAll(/class="tick"[^>]*>([^<]*)</g)].map(([, text]) => text ?? '');
    expect(ticks).toContain('step');
    if (unit !== undefined) expect(ticks.some((text) => text.endsWith(unit))).toBe(true);
  });

  it('draws accuracies with their intervals, and the bound beside the gap', () => {
    expect(figureOf('Accuracy on held-out problems').match(/class="whisker s0"/g)).toHaveLength(7);
    expect(figureOf('Sampler against trainer')).toContain('class="bound"');
    expect(renderReport({ ...data, metrics: data.metrics })).toBe(page);
  });

  it('says what came of it, and how sure that is', () => {
    expect(page).toContain('The 95 % intervals do not touch: this is an improvement.');
    const before = { accuracy: 0.5, low: 0.45, high: 0.55, problems: 100 };
    const verdict = (accuracy: number): string => {
      const after = { accuracy, low: accuracy - 0.05, high: accuracy + 0.05, problems: 100 };
      return renderReport({ ...data, run: { ...data.run, evaluation: { before, after } } });
    };
    expect(verdict(0.58)).toContain('The 95 % intervals overlap: the difference may be chance.');
    expect(verdict(0.3)).toContain('The 95 % intervals do not touch: training made it worse.');
  });

  it('shows completions, settings with defaults, seeds and checks', () => {
    expect(page.match(/<tr data-step=/g)).toHaveLength(data.completions.length);
    expect(page).toMatch(/<dt>lora_alpha<\/dt>\s*<dd>32<\/dd>/);
    expect(page).toMatch(/<dt>max_grad_norm<\/dt>\s*<dd>1<\/dd>/);
    expect(page).toMatch(/<dt>evaluation<\/dt>\s*<dd>1234<\/dd>/);
    expect(page).toContain('3 integrity checks passed');
  });

  it('says how a run failed', () => {
    const error = { code: 'training/not-finite', message: 'The loss became NaN.', fields: {} };
    const failed = renderReport({ ...data, status: 'failed', run: { ...data.run, status: 'failed', error } });
    expect(failed).toContain('role="alert"');
    expect(failed).toContain('The loss became NaN.');
  });

  it('is a page before anything has happened', () => {
    const { id, createdAt, queuedAt, experiment, source, method } = data.run;
    const run = runRecordSchema.parse({
      format: 1,
      status: 'queued',
      id,
      createdAt,
      queuedAt,
      experiment,
      source,
      method,
    });
    const empty = renderReport({ run, status: 'queued', metrics: [], completions: [], writtenAt: data.writtenAt });
    expect(tagsOf(empty).length).toBeGreaterThan(20);
    expect(empty).toContain('Nothing has been measured yet.');
    expect(empty).toContain('No completions were kept.');
    expect(empty.replace(/<script[^]*/, '')).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('draws around what is no number, and says so', () => {
    const metrics = data.metrics.map((line) =>
      line.step === 20 || line.step === 21
        ? { ...line, metrics: { ...line.metrics, grad_norm: line.step === 20 ? NaN : Infinity } }
        : line,
    );
    const drawn = renderReport({ ...data, metrics });
    expect(drawn).toContain('Not a finite number at 2 of 60 steps.');
    expect(drawn).not.toMatch(/ d="[^"]*(NaN|Infinity)/);
  });

  it('counts steps in whole numbers, also where there is one', () => {
    const short = renderReport(syntheticRun({ steps: 1 }));
    const ticks = [...short.matchAll(/class="tick"[^>]*text-anchor="middle"\s*>([^<]*)</g)].map(([, text]) => text);
    expect(new Set(ticks.filter((text) => !text?.endsWith('%')))).toEqual(new Set(['0', '1']));
  });

  it('stays small over many steps', () => {
    expect(renderReport(syntheticRun({ steps: 3000 })).length).toBeLessThan(1_500_000);
  });
});

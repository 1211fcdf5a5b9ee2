import { dapoIngredients } from '../experiment/dapoIngredients.ts';
import { formatMoment, formatNumber } from './formatValue.ts';
import { html, type Markup } from './html.ts';
import type { ReportData } from './reportData.ts';

type Entry = readonly [name: string, value: string];
type Run = ReportData['run'];

const DEEPEST = 12;

/** The resolved experiment, section by section, defaults filled in. */
export function configurationSection(run: Run): Markup {
  const { general, sections } = splitExperiment(run.experiment);
  return html`<div class="settings">
    ${settingsCard('general', general)} ${settingsCard('what of DAPO is on', dapoEntries(run))}
    ${sections.map(([name, value]) => settingsCard(name, flatten(value, '')))}
  </div>`;
}

function dapoEntries({ experiment }: Run): readonly Entry[] {
  const ingredients = dapoIngredients(experiment) ?? [];
  return ingredients.map(({ name, isOn, how }) => [name, isOn ? (how ?? 'on') : 'off']);
}

/** Tests of the run's own invariants, made before its first step. */
export function checksSection(run: Run): Markup {
  if (run.checks.length === 0) {
    return html`<p class="note">No checks have been made yet.</p>`;
  }
  return html`<ul class="checks card">
    ${run.checks.map(
      ({ name, passed, value, bound, explanation }) =>
        html`<li class="${passed ? 'good' : 'bad'}">
          <span class="verdict-mark">${passed ? 'passed' : 'failed'}</span>
          <div>
            <b>${name}</b>
            ${explanation === undefined ? undefined : html`<p>${explanation}</p>`}
          </div>
          ${
            value === undefined
              ? undefined
              : html`<code>${formatNumber(value)}${bound === undefined ? '' : ` (bound ${formatNumber(bound)})`}</code>`
          }
        </li>`,
    )}
  </ul>`;
}

/** What the run ran on, what it is made of, and its attempts. */
export function environmentSection(run: Run): Markup {
  const { environment } = run;
  const facts: Entry[] = environment
    ? [
        ['RLVR Lab', environment.package],
        ['Node.js', environment.node],
        ['ONNX Runtime', environment.onnxruntime],
        ['TensorFlow.js', environment.tfjs],
        ['Platform', environment.platform],
        ['Processor', environment.cpu],
        ['Threads', String(environment.threads)],
        ['CPU features', environment.cpuFeatures.join(' ')],
        ['Program', environment.code],
      ]
    : [];
  const attempts = run.attempts.map((attempt, index): Entry => {
    const end = attempt.endedAt === undefined ? 'not ended' : formatMoment(attempt.endedAt);
    return [`Attempt ${index + 1}`, `from step ${attempt.fromStep}, ${formatMoment(attempt.startedAt)} to ${end}`];
  });
  return html`<div class="settings">
    ${settingsCard('environment', facts)} ${settingsCard('attempts', attempts)}
    ${settingsCard(
      'seeds',
      Object.entries(run.seeds).map(([name, seed]): Entry => [name, String(seed)]),
    )}
    ${settingsCard('data and model', Object.entries(run.hashes))}
    ${settingsCard(
      'plugins',
      run.plugins.map(({ kind, id, hash }): Entry => [`${kind} ${id}`, hash]),
    )}
    ${settingsCard(
      'checkpoints',
      run.checkpoints.map(({ step, format }): Entry => [`step ${step}`, format]),
    )}
    ${settingsCard('source', [['file', run.source.file]])}
  </div>`;
}

function splitExperiment(experiment: Run['experiment']): {
  general: readonly Entry[];
  sections: readonly (readonly [string, object])[];
} {
  const entries: readonly (readonly [string, unknown])[] = Object.entries(experiment);
  const isSection = (value: unknown): value is object => typeof value === 'object' && Boolean(value);
  return {
    general: entries.flatMap(([name, value]) => (isSection(value) ? [] : [[name, String(value)] as const])),
    sections: entries.flatMap(([name, value]) => (isSection(value) ? [[name, value] as const] : [])),
  };
}

/** Leaves of nested settings by dotted path; lists of plain values are one leaf. */
function flatten(value: unknown, path: string, depth = 0): readonly Entry[] {
  const isPlain = (part: unknown): boolean => typeof part !== 'object' || !part;
  if (typeof value !== 'object' || !value || depth > DEEPEST) {
    return value === undefined ? [] : [[path, plainText(value)]];
  }
  if (Array.isArray(value) && value.every(isPlain)) {
    return [[path, value.length === 0 ? 'none' : value.join(', ')]];
  }
  return Object.entries(value).flatMap(([name, part]) =>
    flatten(part, path === '' ? name : `${path}.${name}`, depth + 1),
  );
}

function plainText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function settingsCard(title: string, entries: readonly Entry[]): Markup | undefined {
  if (entries.length === 0) {
    return undefined;
  }
  return html`<section class="card setting">
    <h3>${title}</h3>
    <dl>
      ${entries.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
  </section>`;
}

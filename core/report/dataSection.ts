import type { RunRecord } from '../runs/runRecord.ts';
import { formatCount } from './formatValue.ts';
import { html, type Markup } from './html.ts';

/** What was found in the data: rows left out, and training problems that are also evaluated on. */
export function dataSection({ data }: Pick<RunRecord, 'data'>): Markup {
  if (data === undefined) return html`<p class="note">Nothing has been read yet.</p>`;
  const { sources, contamination } = data;
  return html`<div class="settings">
    ${Object.entries(sources).map(
      ([name, { size, origin, findings }]) =>
        html`<section class="card setting">
          <h3>${name}</h3>
          <dl>
            <div>
              <dt>problems</dt>
              <dd>${size === undefined ? 'without end' : formatCount(size)}</dd>
            </div>
            ${
              origin === undefined
                ? undefined
                : html`<div>
                    <dt>from</dt>
                    <dd>${origin}</dd>
                  </div>`
            }
            ${findings.map(
              ({ what, count, first }) =>
                html`<div>
                  <dt>${what}</dt>
                  <dd>${formatCount(count)}: ${first.join(', ')}${count > first.length ? ', ...' : ''}</dd>
                </div>`,
            )}
          </dl>
        </section>`,
    )}
    ${contamination === undefined ? undefined : contaminationCard(contamination)}
  </div>`;
}

type Contamination = NonNullable<NonNullable<RunRecord['data']>['contamination']>;

function contaminationCard({ mode, checked, evaluated, exact, overlapping, first, skipped }: Contamination): Markup {
  if (skipped !== undefined) {
    return html`<section class="card setting">
      <h3>training problems that are evaluated on</h3>
      <p>Not looked for: ${skipped}.</p>
    </section>`;
  }
  const done =
    exact + overlapping === 0 ? '' : mode === 'drop' ? ' They were left out of training.' : ' They were trained on.';
  return html`<section class="card setting">
    <h3>training problems that are evaluated on</h3>
    <p>
      ${formatCount(exact)} have the same words, ${formatCount(overlapping)} others share 13 words in a row, of
      ${formatCount(checked)} looked at against ${formatCount(evaluated)}.${done}
    </p>
    <dl>
      ${first.map(
        ({ name, how, train, evaluated: other }) =>
          html`<div>
            <dt>${how}, ${name}</dt>
            <dd>${train.question} | ${other.question}</dd>
          </div>`,
      )}
    </dl>
  </section>`;
}

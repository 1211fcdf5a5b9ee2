import { formatCount, formatMoment, formatNumber, formatValue } from '../../report/formatValue.ts';
import { html, type Markup } from '../../report/html.ts';
import { tiles } from '../../report/tiles.ts';
import type { CollapseState, CollapseVerdict } from '../collapse.ts';
import { meanOf, sumOf } from '../moduleSummary.ts';
import type { SpectraRecord } from '../spectraRecord.ts';
import { binPicture } from './binPicture.ts';

const tones: Readonly<Record<CollapseState, readonly [tone: string, word: string]>> = {
  'no-update': ['neutral', 'no update'],
  'off-principal': ['good', 'off-principal'],
  principal: ['warning', 'principal'],
  drifting: ['warning', 'drifting'],
  collapsing: ['bad', 'collapsing'],
};

/** The page's head: whose spectra, the verdict with its evidence, and the numbers that matter most. */
export function spectraOverview(
  latest: SpectraRecord,
  records: readonly SpectraRecord[],
  verdict: CollapseVerdict,
): Markup {
  const { subject, layers, writtenAt } = latest;
  const [tone, word] = tones[verdict.state];
  return html`<header class="masthead">
      <p class="product">RLVR Lab <span>spectra</span></p>
      <h1>${subject.name}</h1>
      <p class="badges">
        <span class="badge ${tone}">${word}</span>
        ${subject.method === undefined ? undefined : html`<span class="badge neutral">${subject.method}</span>`}
        <span class="badge neutral">${formatCount(layers.length)} layers</span>
        ${subject.step === undefined ? undefined : html`<span class="badge neutral">step ${subject.step}</span>`}
        ${records.length > 1 ? html`<span class="badge neutral">${records.length} checkpoints</span>` : undefined}
      </p>
      <p class="facts">
        Base <code>${subject.base}</code>, measured ${formatMoment(writtenAt.replace(/\.\d+Z$/, 'Z'))}
      </p>
    </header>
    <section class="hero card spectra-hero" aria-labelledby="result">
      <div>
        <h2 id="result">Is it collapsing?</h2>
        <p class="answer">${verdict.headline}</p>
        <ul class="evidence">
          ${verdict.evidence.map((line) => html`<li>${line}</li>`)}
        </ul>
      </div>
      <div>
        <h2>Where in W’s spectrum dW acts</h2>
        <p class="explanation">
          Share of ||dW||² in each tenth of W’s directions, mean over layers:
          <span class="key s0"></span> right, <span class="key s1"></span> left. Outside: what W does not reach.
        </p>
        ${binPicture(latest)}
      </div>
    </section>
    ${tiles(tilesOf(latest))}`;
}

function tilesOf({ layers, depth }: SpectraRecord): readonly (readonly [string, string])[] {
  const known = (
    title: string,
    name: string,
    say: (value: number) => string,
  ): readonly (readonly [string, string])[] => {
    const value = meanOf(layers, name);
    return value === undefined ? [] : [[title, say(value)]];
  };
  const share = (value: number): string => formatValue(value, 'fraction');
  return [
    ...known('Size of the update', 'update_size/relative', share),
    ...known('Effective rank', 'effective_rank/effective', formatNumber),
    ...known(`Along W’s top ${depth.top}, right`, 'energy/top_right', share),
    ...known('In the principal half, right', 'energy/principal_half_right', share),
    ...known('Spectral shift', 'spectrum/shift_top', share),
    ['Intruders', formatCount(sumOf(layers, 'intruders/left'))],
  ];
}

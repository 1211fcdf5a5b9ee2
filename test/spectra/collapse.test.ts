import { describe, expect, it } from 'vitest';
import { judgeCollapse } from '../../core/spectra/collapse.ts';
import { spectraRecord, type Placed } from './records.ts';

function judge(...placed: readonly Placed[]): ReturnType<typeof judgeCollapse> {
  return judgeCollapse(placed.map((place, index) => spectraRecord(place, 10 * (index + 1))));
}

describe('judgeCollapse', () => {
  it('sees collapse where the update lies along the top and more so at every checkpoint', () => {
    const verdict = judge({ top: 0.1, half: 0.5 }, { top: 0.25, half: 0.6 }, { top: 0.5, half: 0.8 });
    expect(verdict.state).toBe('collapsing');
    expect(verdict.evidence.join(' ')).toContain(
      '50.0 % of ||dW||² lies along W’s top 8 directions, from 10.0 % at step 10',
    );
  });

  it('tells a drift that has not arrived, and an update that lies there without a drift', () => {
    expect(judge({ top: 0.1, half: 0.5 }, { top: 0.2, half: 0.5 }).state).toBe('drifting');
    expect(judge({ top: 0.5, half: 0.8 }, { top: 0.49, half: 0.8 }).state).toBe('principal');
  });

  it('takes no drift from a last checkpoint alone that happens to lie higher', () => {
    expect(judge(...[0.2, 0.18, 0.16, 0.14, 0.26].map((top) => ({ top, half: 0.5 }))).state).toBe('off-principal');
  });

  it.each([
    [0.3, 'off W’s principal directions'],
    [0.5, 'as a random one would be'],
    [0.7, 'favours the stronger half'],
  ])('says where an update lies that is not collapsing: %f in the principal half', (half, words) => {
    const { state, headline } = judge({ top: 0.1, half }, { top: 0.1, half });
    expect(state).toBe('off-principal');
    expect(headline).toContain(words);
  });

  it('says what it cannot know: of one checkpoint, of layers that were left out, below the top', () => {
    const { headline, limits, thresholds } = judge({ top: 0.1, half: 0.3, intruders: 2 });
    expect(headline).toContain('One checkpoint cannot show a drift');
    expect(limits.join(' ')).toMatch(/One checkpoint was measured.*model\.norm \(a vector.*top 8.*float32.*accuracy/s);
    expect(thresholds.every(({ source }) => /chosen here|arXiv/.test(source))).toBe(true);
  });

  it('counts intruders over layers', () => {
    expect(judge({ top: 0.1, half: 0.3, intruders: 2 }).evidence).toContain(
      '4 intruder dimensions among the top 8 left directions (in 2 of 2 layers).',
    );
  });

  it('has nothing to judge without an update', () => {
    expect(judgeCollapse([{ ...spectraRecord({ top: 0, half: 0 }), layers: [] }]).state).toBe('no-update');
    expect(judgeCollapse([]).state).toBe('no-update');
  });
});

import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { judgeCollapse } from '../../../core/spectra/collapse.ts';
import { renderSpectra } from '../../../core/spectra/page/renderSpectra.ts';
import type { SpectraRecord } from '../../../core/spectra/spectraRecord.ts';
import { contentsOf, tagsOf } from '../../report/skeleton.ts';
import { spectraRecord } from '../records.ts';

const records = [spectraRecord({ top: 0.1, half: 0.5 }, 5), spectraRecord({ top: 0.5, half: 0.8 }, 10)];

function pageOf(shown: readonly SpectraRecord[]): string {
  return renderSpectra(shown, judgeCollapse(shown));
}

describe('renderSpectra', () => {
  const page = pageOf(records);

  it('needs no network: it names no address, and links only to itself', () => {
    for (const { attributes } of tagsOf(page)) {
      for (const name of ['src', 'href']) expect(attributes[name] ?? '#').toMatch(/^#/);
    }
    expect(page).not.toMatch(/https?:|url\(|@import/);
  });

  it('draws every layer, the drift, both matrices and the numbers', () => {
    const tags = tagsOf(page);
    const withClass = (name: string): number =>
      tags.filter(({ attributes }) => attributes['class']?.split(' ').includes(name)).length;
    expect(withClass('layer')).toBe(2);
    expect(withClass('heat')).toBe(2);
    expect(withClass('chart-card')).toBe(3);
    expect(withClass('cell')).toBe(8);
    expect(page).toContain('Signs of collapse');
    expect(page.replace(/<script>[^]*<.script>/, '')).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('has no drift of one checkpoint, and says so', () => {
    const single = pageOf(records.slice(0, 1));
    expect(single).not.toContain('id="drift"');
    expect(single).toContain('One checkpoint cannot show a drift');
  });

  it('holds a script that is one, and is the same again', () => {
    for (const script of contentsOf(page, 'script')) expect(() => new Script(script)).not.toThrow();
    expect(pageOf(records)).toBe(page);
  });

  it('shows hostile names as text', () => {
    const hostile = '</script><img src=x onerror=alert(1)>"\'<svg onload=alert(1)>';
    const [first = records[0]!] = records;
    const renamed: SpectraRecord = {
      ...first,
      subject: { ...first.subject, name: hostile, method: hostile, base: hostile },
      layers: first.layers.map((layer) => ({ ...layer, name: hostile, module: hostile })),
      unmeasured: [{ name: hostile, reason: hostile }],
    };
    const names = (text: string): string[] => [...new Set(tagsOf(text).map(({ name }) => name))].sort();
    expect(names(pageOf([renamed]))).toEqual(names(pageOf([first])));
    expect(tagsOf(pageOf([renamed])).some(({ attributes }) => 'onerror' in attributes || 'onload' in attributes)).toBe(
      false,
    );
  });

  it('draws many layers without numbers in the cells', () => {
    const [first = records[0]!] = records;
    const many = { ...first, layers: Array.from({ length: 100 }, () => first.layers[0]!) };
    expect(pageOf([many])).not.toContain('class="cell-text');
  });
});

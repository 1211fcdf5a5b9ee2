import { chartStyle, colourStyle } from '../../report/chartStyle.ts';
import type { Markup } from '../../report/html.ts';
import { studyChartStyle } from './studyStyle.ts';

const TEXT = 'text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }';

/** A drawing of a page as an SVG file of its own, with its title and its style, light and dark by the reader's setting. */
export function svgFile({ text }: Markup): string {
  const viewBox = /viewBox="0 0 ([\d.]+) ([\d.]+)"/u.exec(text);
  const [width = '560', height = '266'] = viewBox?.slice(1) ?? [];
  const style = `<style>${[colourStyle, TEXT, chartStyle, studyChartStyle].join('\n')}</style>`;
  const ground = `<rect class="paper" width="${width}" height="${height}"/>`;
  const opened = text.replace(
    /^\s*<svg\s/u,
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" `,
  );
  const inside = opened.indexOf('>') + 1;
  return `${opened.slice(0, inside)}${style}${ground}${opened.slice(inside).trim()}\n`.replace(/[ \t]*\n\s*/gu, '\n');
}

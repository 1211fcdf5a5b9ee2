import { chartStyle, colourStyle } from './chartStyle.ts';

/** The page's style: light and dark by the reader's setting, readable from a telephone to paper. */
export const reportStyle = `
${colourStyle}* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 64px; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
main, nav > div { max-width: 1200px; margin: 0 auto; padding: 0 28px; }
main { padding-bottom: 72px; }
h1, h2, h3, p, dl, dd, ul, figure { margin: 0; padding: 0; }
h1 { font-size: 34px; line-height: 1.15; letter-spacing: -0.02em; overflow-wrap: anywhere; }
h2 { font-size: 20px; letter-spacing: -0.01em; }
h3 { font-size: 15px; }
a { color: var(--accent); }
code { font: 0.92em ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -9999px; }
.skip:focus { left: 12px; top: 12px; z-index: 9; background: var(--surface); padding: 8px 12px; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none !important; }

nav { position: sticky; top: 0; z-index: 5; background: var(--surface); border-bottom: 1px solid var(--line); overflow-x: auto; }
nav > div { display: flex; gap: 22px; }
nav a { padding: 12px 0; color: var(--muted); text-decoration: none; font-size: 14px; white-space: nowrap; }
nav a:hover { color: var(--ink); box-shadow: inset 0 -2px var(--accent); }

.masthead { padding: 40px 0 26px; }
.product { color: var(--accent); font-weight: 650; font-size: 13px; letter-spacing: 0.01em; margin-bottom: 8px; }
.product span { color: var(--muted); font-weight: 400; }
.badges { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 14px; }
.badge {
  padding: 3px 11px; border-radius: 999px; font-size: 13px; font-weight: 550; text-decoration: none;
  background: var(--raised); color: var(--ink);
}
.badge.good { background: var(--good-ground); color: var(--good); }
.badge.bad { background: var(--bad-ground); color: var(--bad); }
.badge.warning { background: var(--warning-ground); color: var(--warning); }
.badge.active { background: var(--active-ground); color: var(--accent); }
.lead { margin-top: 14px; max-width: 74ch; }
.facts { margin-top: 12px; color: var(--muted); font-size: 13px; }
.alert {
  border-left: 4px solid var(--bad); background: var(--bad-ground); border-radius: 8px; padding: 16px 20px;
  margin-bottom: 20px;
}
.alert h2 { color: var(--bad); font-size: 17px; margin-bottom: 4px; }
.alert p { overflow-wrap: anywhere; white-space: pre-wrap; }

.card { background: var(--surface); border: 1px solid var(--line); border-radius: 12px; }
.hero { display: grid; grid-template-columns: minmax(240px, 4fr) 7fr; gap: 12px 36px; align-items: center; padding: 24px 28px; }
.hero h2 { font-size: 15px; color: var(--muted); font-weight: 550; }
.headline { font-size: 52px; line-height: 1.15; font-weight: 700; letter-spacing: -0.03em; }
.headline small { font-size: 20px; font-weight: 500; letter-spacing: 0; color: var(--muted); }
.verdict { color: var(--muted); font-size: 14px; margin-top: 6px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); gap: 14px; margin-top: 14px; }
.tiles .card { padding: 14px 18px; }
dt { color: var(--muted); font-size: 13px; }
.tiles dd { font-size: 20px; font-weight: 600; letter-spacing: -0.01em; }
.part { margin-top: 46px; }
.part > h2 { margin-bottom: 16px; }
.note { color: var(--muted); }

.charts { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 18px; }
.chart-card { padding: 18px 20px 14px; display: flex; flex-direction: column; min-width: 0; }
figcaption { display: grid; grid-template-columns: 1fr auto; gap: 0 16px; align-items: baseline; }
.now { font-size: 18px; font-weight: 600; white-space: nowrap; }
.explanation { grid-column: 1 / -1; color: var(--muted); font-size: 13px; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; list-style: none; margin-top: 8px; font-size: 13px; }
.legend li { display: flex; align-items: center; gap: 6px; }
.swatch { width: 22px; height: 8px; }
.plot { position: relative; margin-top: 8px; }
svg { display: block; width: 100%; height: auto; }
${chartStyle}.tip {
  position: absolute; top: 4px; pointer-events: none; white-space: pre; font-size: 12.5px; line-height: 1.45; padding: 6px 10px;
  background: var(--ink); color: var(--surface); border-radius: 7px; z-index: 2;
}
.summary { color: var(--muted); font-size: 13px; margin-top: 10px; }
.values { margin-top: auto; padding-top: 8px; font-size: 13px; }
.values summary { color: var(--accent); cursor: pointer; width: fit-content; }
.values .scroll { max-height: 300px; overflow: auto; margin-top: 8px; border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: right; padding: 5px 12px; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { position: sticky; top: 0; background: var(--raised); font-weight: 600; z-index: 1; }
tbody th { font-weight: 400; color: var(--muted); }
tbody tr:last-child > * { border-bottom: 0; }

.picture .range { fill: none; stroke-width: 2.5; stroke-linecap: round; }
.picture .before { stroke: var(--muted); } .picture .after { stroke: var(--accent); }
.picture circle.before { fill: var(--muted); stroke: none; } .picture circle.after { fill: var(--accent); stroke: none; }
.picture .value { font-size: 16px; font-weight: 650; fill: var(--ink); }
.picture .row-label { font-size: 15px; fill: var(--ink); }
.picture .tick { font-size: 12.5px; }
.gain { fill: var(--accent); opacity: 0.1; }

.controls { display: flex; flex-wrap: wrap; gap: 10px 18px; align-items: center; margin-bottom: 12px; font-size: 14px; }
.controls label { display: flex; gap: 8px; align-items: center; color: var(--muted); }
.controls .grow { flex: 1 1 240px; }
.controls output { color: var(--muted); }
select, input {
  font: inherit; color: var(--ink); background: var(--surface); border: 1px solid var(--line); border-radius: 8px;
  padding: 5px 9px;
}
.grow input { flex: 1; min-width: 0; }
.scroll { overflow: auto; }
.completions { font-size: 14px; }
.completions th, .completions td { text-align: left; padding: 10px 14px; }
.completions .number { text-align: right; white-space: nowrap; width: 1%; padding-left: 8px; padding-right: 10px; }
.completions th button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
.completions th button::after { content: "↕"; color: var(--muted); margin-left: 5px; font-weight: 400; }
.completions th[aria-sort="ascending"] button::after { content: "↑"; color: var(--accent); }
.completions th[aria-sort="descending"] button::after { content: "↓"; color: var(--accent); }
.texts { min-width: 300px; }
.prompt, .completion {
  font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; white-space: pre-wrap;
  overflow-wrap: anywhere;
}
.prompt { color: var(--muted); margin-bottom: 6px; max-height: 9em; overflow: auto; }
.completion { max-height: 18em; overflow: auto; border-left: 3px solid var(--line); padding-left: 10px; }
.thought { color: var(--muted); }
.tag { display: inline-block; font-size: 12px; padding: 1px 9px; border-radius: 999px; background: var(--raised); margin: 1px 0; }
.tag.best { background: var(--good-ground); color: var(--good); }
.tag.worst { background: var(--bad-ground); color: var(--bad); }
.tag.truncated { background: var(--warning-ground); color: var(--warning); }

.checks { list-style: none; padding: 4px 22px; }
.checks li {
  display: grid; grid-template-columns: 74px 1fr auto; gap: 4px 14px; padding: 12px 0;
  border-bottom: 1px solid var(--line); align-items: baseline;
}
.checks li:last-child { border-bottom: 0; }
.checks b { font-weight: 600; overflow-wrap: anywhere; }
.checks p { color: var(--muted); font-size: 14px; }
.verdict-mark { font-size: 13px; font-weight: 600; }
.good .verdict-mark { color: var(--good); } .bad .verdict-mark { color: var(--bad); }
.settings { columns: 2; column-gap: 18px; }
.setting { break-inside: avoid; padding: 16px 20px; margin-bottom: 18px; }
.setting h3 { margin-bottom: 8px; }
.setting dl > div {
  display: grid; grid-template-columns: minmax(130px, 2fr) 3fr; gap: 14px; padding: 4px 0;
  border-top: 1px solid var(--line);
}
.setting dt { font-size: 13.5px; overflow-wrap: anywhere; }
.setting dd {
  font: 13px/1.6 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; overflow-wrap: anywhere;
  white-space: pre-wrap;
}

@media (max-width: 860px) {
  main, nav > div { padding-left: 16px; padding-right: 16px; }
  .charts, .hero { grid-template-columns: minmax(0, 1fr); }
  .settings { columns: 1; }
  .chart-card { padding: 14px 14px 12px; }
  .hero { padding: 18px; }
  h1 { font-size: 27px; }
  .tick { font-size: 14px; }
  .checks li { grid-template-columns: 1fr; gap: 2px; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
@media print {
  nav, .controls, .values, .skip { display: none; }
  .card { break-inside: avoid; }
  body { background: none; }
  .scroll, .prompt, .completion { overflow: visible; max-height: none; }
  .completions tr, .checks li { break-inside: avoid; }
  .part { margin-top: 28px; }
}
`;

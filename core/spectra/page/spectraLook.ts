/** What the page of spectra adds to the style of reports. */
export const spectraStyle = `
.spectra-hero { grid-template-columns: minmax(280px, 5fr) 6fr; align-items: start; }
.answer { font-size: 21px; line-height: 1.35; font-weight: 650; letter-spacing: -0.01em; margin: 6px 0 12px; }
.evidence { padding-left: 18px; font-size: 14px; color: var(--muted); }
.evidence li { margin: 3px 0; }
.key { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-left: 4px; }
.key.s0, .bar.s0 { background: var(--s0); fill: var(--s0); stroke: none; }
.key.s1, .bar.s1 { background: var(--s1); fill: var(--s1); stroke: none; }
.chart-part { padding: 18px 20px 14px; min-width: 0; }
.chooser { display: flex; flex-wrap: wrap; gap: 10px; align-items: center; margin-bottom: 12px; font-size: 14px; }
.chooser label { display: flex; gap: 8px; align-items: center; color: var(--muted); }
.chooser button {
  font: inherit; color: var(--ink); background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: 5px 12px;
  cursor: pointer;
}
.layer { margin-bottom: 20px; }
.layer > .note { margin-bottom: 10px; font-size: 13px; }
.stack { display: grid; gap: 18px; grid-template-columns: minmax(0, 1fr); }
.heat { min-width: 760px; }
.cell { fill: var(--s0); }
.cell-text { font-size: 11px; fill: var(--ink); }
.cell-text.on-dark { fill: var(--surface); }
.numbers { max-height: 560px; font-size: 13px; }
.numbers th { text-align: left; white-space: nowrap; }
.numbers thead th { white-space: normal; min-width: 74px; vertical-align: bottom; text-align: right; }
.numbers thead th:first-child { text-align: left; }
.numbers tbody th { position: sticky; left: 0; background: var(--surface); }
.numbers small { color: var(--muted); font-weight: 400; }
.setting p { margin-bottom: 8px; font-size: 14px; }
@media (max-width: 860px) { .spectra-hero { grid-template-columns: minmax(0, 1fr); } }
@media print { .chooser { display: none; } }
`;

/** Shows one layer at a time. Without it all layers are there, one below the other. */
export const spectraScript = `
{
  const chooser = document.querySelector('.chooser');
  if (chooser) {
    const layers = [...document.querySelectorAll('.layer')];
    const select = chooser.elements.layer;
    const show = () => {
      layers.forEach((layer) => { layer.hidden = layer.dataset.layer !== select.value; });
    };
    const move = (by) => {
      select.selectedIndex = (select.selectedIndex + by + layers.length) % layers.length;
      show();
    };
    select.addEventListener('input', show);
    chooser.elements.back.addEventListener('click', () => move(-1));
    chooser.elements.on.addEventListener('click', () => move(1));
    chooser.addEventListener('submit', (event) => event.preventDefault());
    show();
  }
}
`;

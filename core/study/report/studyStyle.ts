/** What the drawings of studies need beside those of runs. */
export const studyChartStyle = `
.zero { stroke: var(--ink); stroke-width: 1.2; stroke-dasharray: 3 3; opacity: 0.6; }
.forest-label { font-size: 13px; fill: var(--ink); }
.leader { fill: none; stroke: var(--muted); stroke-width: 0.7; opacity: 0.55; }
.ring { fill: none; stroke-width: 2; }
.dot.open { fill: var(--surface); stroke-width: 2; }
.dot.open.s0 { stroke: var(--s0); }
.paper { fill: var(--surface); stroke: none; }
`;

/** The style of a study's page beside that of runs. */
export const studyStyle = `${studyChartStyle}
.picture-card { padding: 18px 20px 14px; min-width: 0; }
.picture-card .scroll svg.forest { min-width: 560px; max-width: 900px; }
.picture-card .scroll svg:not(.forest) { max-width: 680px; }
.part h3.setting-title { font-size: 17px; margin: 30px 0 12px; }
.table-part { margin-top: 18px; }
.table-part h4 { margin: 0 0 6px; font-size: 15px; }
.study-table th, .study-table td { font-size: 13.5px; }
.study-table .left { text-align: left; }
.study-table tbody th { color: var(--ink); font-weight: 600; white-space: nowrap; }
.study-table td.left { min-width: 300px; }
.study-table td.right { white-space: nowrap; }
.study-table thead th { white-space: nowrap; }
.exploratory { border-left: 4px solid var(--warning); padding: 2px 0 2px 14px; }
.stacked { display: grid; gap: 18px; }
.plain-list { padding-left: 20px; display: grid; gap: 6px; }
h4 { font-size: 15px; margin: 0; }
.picture-card > h2 + * { margin-top: 8px; }
.picture-card > ul + .note { margin-top: 10px; }
.design-notes { margin: 16px 0; }
`;

/** The colours of pages and drawings, light and dark by the reader's setting. */
export const colourStyle = `:root {
  color-scheme: light dark;
  --ground: #f5f6f9; --surface: #ffffff; --raised: #f0f2f6; --ink: #14171f; --muted: #596273; --line: #e1e5ec;
  --accent: #3353c8; --good: #0c7250; --good-ground: #def3ea; --bad: #b3261e; --bad-ground: #fce4e2; --warning: #855300;
  --warning-ground: #fdf0d5; --active-ground: #e3e9ff;
  --s0: #3353c8; --s1: #cf5a1e; --s2: #0d8468; --s3: #9c3587; --s4: #75660a; --s5: #596273;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0e1116; --surface: #161a21; --raised: #1e232c; --ink: #e7eaf0; --muted: #9aa4b4; --line: #2a303b;
    --accent: #93abff; --good: #63d3a6; --good-ground: #11352a; --bad: #ff9d94; --bad-ground: #431a18; --warning: #f0c069;
    --warning-ground: #3a2c0d; --active-ground: #202b52;
    --s0: #93abff; --s1: #ff9e6b; --s2: #52d0b0; --s3: #e48fd6; --s4: #d9c457; --s5: #9aa4b4;
  }
}
`;

/** What drawings look like, on a page and in a file of their own. */
export const chartStyle = `.tick { font-size: 11.5px; fill: var(--muted); }
.grid { stroke: var(--line); stroke-width: 1; }
.mark { stroke: var(--muted); stroke-width: 1; }
.line { fill: none; stroke-width: 1.9; stroke-linejoin: round; stroke-linecap: round; }
.line.s1 { stroke-dasharray: 6 3; } .line.s2 { stroke-dasharray: 2 3.5; } .line.s3 { stroke-dasharray: 9 3 2 3; }
.s0 { stroke: var(--s0); } .s1 { stroke: var(--s1); } .s2 { stroke: var(--s2); } .s3 { stroke: var(--s3); }
.s4 { stroke: var(--s4); } .s5 { stroke: var(--s5); }
.band { stroke: none; fill-opacity: 0.15; }
.band.s0, .dot.s0 { fill: var(--s0); } .band.s1, .dot.s1 { fill: var(--s1); } .band.s2, .dot.s2 { fill: var(--s2); }
.band.s3, .dot.s3 { fill: var(--s3); } .band.s4, .dot.s4 { fill: var(--s4); } .band.s5, .dot.s5 { fill: var(--s5); }
.dot { stroke: var(--surface); stroke-width: 1.2; }
.whisker { fill: none; stroke-width: 1.5; opacity: 0.7; }
.bound { stroke: var(--bad); stroke-width: 1.2; stroke-dasharray: 4 4; }
.bound-label { font-size: 11.5px; fill: var(--bad); }
.cursor { stroke: var(--muted); stroke-width: 1; opacity: 0; }
.cursor.on { opacity: 0.8; }
`;

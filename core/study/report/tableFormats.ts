import { html, type Markup } from '../../report/html.ts';
import type { ReportTable, TableCell } from './reportTable.ts';

/** A table in GitHub's Markdown. */
export function markdownTable({ columns, rows }: ReportTable): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ title }) => escapeMarkdown(title))),
    line(columns.map(({ align }) => (align === 'right' ? '---:' : '---'))),
    ...rows.map((cells) => line(cells.map(({ text }) => escapeMarkdown(text)))),
    '',
  ].join('\n');
}

/** Text that Markdown shows as it is, on one line. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\r\n]+/gu, ' ').replace(/[\\`*_{}[\]<>|#~]/gu, (character) => {
    return character === '<' ? '&lt;' : character === '>' ? '&gt;' : `\\${character}`;
  });
}

/** A table as LaTeX with booktabs; every text is escaped. */
export function latexTable({ title, note, columns, rows }: ReportTable, label: string): string {
  const line = (cells: readonly string[]): string => `    ${cells.join(' & ')} \\\\`;
  const caption = note === undefined ? `${title}.` : `${title}. ${note}`;
  return [
    '\\begin{table}',
    '  \\centering',
    `  \\caption{${escapeLatex(caption)}}`,
    `  \\label{${label.replace(/[^a-zA-Z0-9:-]/gu, '-')}}`,
    `  \\begin{tabular}{${columns.map(({ align }) => align.charAt(0)).join('')}}`,
    '    \\toprule',
    line(columns.map(({ title: head }) => escapeLatex(head))),
    '    \\midrule',
    ...rows.map((cells) => line(cells.map(({ text }) => escapeLatex(text)))),
    '    \\bottomrule',
    '  \\end{tabular}',
    '\\end{table}',
    '',
  ].join('\n');
}

const LATEX: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  '&': '\\&',
  '%': '\\%',
  $: '\\$',
  '#': '\\#',
  _: '\\_',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '$<$',
  '>': '$>$',
  '|': '\\textbar{}',
  '"': '\\textquotedbl{}',
  '−': '$-$',
  '–': '--',
  '’': "'",
  '×': '$\\times$',
  '²': '$^2$',
  '∞': '$\\infty$',
  '≤': '$\\le$',
};

/** Text that LaTeX prints as it is; line breaks become spaces. */
function escapeLatex(text: string): string {
  return text.replace(/[\r\n]+/gu, ' ').replace(/[\\{}&%$#_~^<>|"−–’×²∞≤]/gu, (character) => LATEX[character] ?? '');
}

type Value = TableCell['data'][string];

/** Rows of several tables as one CSV file, quoted as in RFC 4180: every name of a cell is a column. `lead` begins a table's rows. */
export function csvFile(
  tables: readonly { readonly lead: TableCell['data']; readonly rows: ReportTable['rows'] }[],
): string {
  const records = tables.flatMap(({ lead, rows }) =>
    rows.map((cells) => Object.fromEntries([lead, ...cells.map(({ data }) => data)].flatMap(Object.entries<Value>))),
  );
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const lines = records.map((record) => names.map((name) => csvField(record[name])).join(','));
  return [names.map(csvField).join(','), ...lines, ''].join('\n');
}

function csvField(value: number | string | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  // A text that begins like a formula is one to a spreadsheet.
  const safe = /^[=+\-@\t\r]/u.test(value) ? `'${value}` : value;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A table on a page; wide ones scroll within themselves. */
export function htmlTable({ title, note, columns, rows }: ReportTable): Markup {
  return html`<section class="table-part">
    <h4>${title}</h4>
    ${note === undefined ? undefined : html`<p class="explanation">${note}</p>`}
    <div class="card scroll study-table" tabindex="0" role="region" aria-label="${title}">
      <table>
        <thead>
          <tr>
            ${columns.map(({ title: head, align }) => html`<th scope="col" class="${align}">${head}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (cells) =>
              html`<tr>
                ${cells.map(({ text }, index) =>
                  index === 0
                    ? html`<th scope="row" class="left">${text}</th>`
                    : html`<td class="${columns[index]?.align ?? 'right'}">${text}</td>`,
                )}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

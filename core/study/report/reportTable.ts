/** A cell: what people read, and the numbers behind it under the names that they have in CSV and JSON. */
export interface TableCell {
  readonly text: string;
  readonly data: Readonly<Record<string, number | string | undefined>>;
}

/** A column's head. */
export interface TableColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** A table that every output format draws its own way. */
export interface ReportTable {
  readonly title: string;
  readonly note?: string;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly TableCell[])[];
}

/** How a column is filled. */
export interface ColumnSpec<Row> extends TableColumn {
  text(row: Row): string;
  data(row: Row): TableCell['data'];
}

/** Fills a table; columns in which no row has a text are left out. */
export function fillTable<Row>(
  title: string,
  rows: readonly Row[],
  specs: readonly ColumnSpec<Row>[],
  note?: string,
): ReportTable {
  const used = specs.filter((spec) => rows.some((row) => spec.text(row) !== ''));
  return {
    title,
    ...(note === undefined ? {} : { note }),
    columns: used.map((spec) => ({ title: spec.title, align: spec.align })),
    rows: rows.map((row) => used.map((spec) => ({ text: spec.text(row), data: spec.data(row) }))),
  };
}

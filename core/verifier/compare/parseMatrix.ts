import { type Node } from './node.ts';
import type { TokenReader } from './tokenReader.ts';

const MATRICES = /^(?:[pbBvV]?matrix|smallmatrix|array)\*?$/u;
const LARGEST = 400;

/** Reads the cells of a matrix whose environment has begun; of `vmatrix` it is the determinant. */
export function parseMatrix(reader: TokenReader, environment: string): Node {
  if (!MATRICES.test(environment)) {
    return reader.fail('an unknown environment');
  }
  if (environment.startsWith('array') && reader.accept('{')) {
    while (!reader.accept('}')) {
      reader.next();
    }
  }
  const end = `end ${environment}`;
  const rows: Node[][] = [];
  while (!reader.accept(end)) {
    rows.push(parseRow(reader, end));
  }
  const columns = rows[0]?.length ?? 0;
  const items = rows.flat();
  if (columns === 0 || items.length > LARGEST || rows.some((row) => row.length !== columns)) {
    return reader.fail('rows of different lengths');
  }
  const matrix: Node = { kind: 'matrix', columns, items };
  return environment === 'vmatrix' ? { kind: 'call', name: 'det', items: [matrix] } : matrix;
}

function parseRow(reader: TokenReader, end: string): Node[] {
  const row: Node[] = [];
  for (;;) {
    row.push(reader.nested(() => reader.grammar.expression(reader)));
    if (reader.accept('\\')) {
      return row;
    }
    if (reader.at(end)) {
      return row;
    }
    reader.expect('&');
  }
}

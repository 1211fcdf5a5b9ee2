import { contains, negated, productOf, sumOf, type Node } from './node.ts';

/** A matrix of expressions, row by row. */
export type MatrixNode = Extract<Node, { kind: 'matrix' }>;

const HIGHEST_POWER = 16n;
const LARGEST_DETERMINANT = 6;
const MOST_CELLS = 100;

/** The matrix that sums, products, powers and transposes of matrices come to; undefined where they come to none. */
export function matrixOf(node: Node): MatrixNode | undefined {
  switch (node.kind) {
    case 'matrix':
      return node;
    case 'sum':
      return summed(node.items.map(matrixOf));
    case 'product':
      return multiplied(node.items);
    case 'power':
      return powered(node.items[0], node.items[1]);
    default:
      return undefined;
  }
}

/** The expression with its determinants worked out, so that no matrix is left where the result is a number. */
export function withDeterminants(node: Node): Node {
  if (!contains(node, 'matrix') || node.kind === 'matrix') {
    return node;
  }
  if (node.kind === 'call' && node.name === 'det') {
    const matrix = node.items[0] && matrixOf(node.items[0]);
    const value = matrix && matrix.columns <= LARGEST_DETERMINANT ? determinant(matrix) : undefined;
    return value ?? node;
  }
  // The kinds with a fixed number of children keep that number.
  return 'items' in node ? ({ ...node, items: node.items.map(withDeterminants) } as Node) : node;
}

function rowsOf(matrix: MatrixNode): number {
  return matrix.items.length / matrix.columns;
}

function cell(matrix: MatrixNode, row: number, column: number): Node {
  const found = matrix.items[row * matrix.columns + column];
  if (!found) {
    throw new RangeError(`no cell ${row}, ${column}`);
  }
  return found;
}

function summed(matrices: readonly (MatrixNode | undefined)[]): MatrixNode | undefined {
  const [first] = matrices;
  const known = matrices.filter((matrix) => matrix !== undefined);
  const isAlike =
    known.length === matrices.length &&
    known.every((matrix) => matrix.columns === first?.columns && matrix.items.length === first.items.length);
  return first && isAlike
    ? { ...first, items: first.items.map((_, index) => sumOf(known.flatMap((matrix) => matrix.items[index] ?? []))) }
    : undefined;
}

function multiplied(items: readonly Node[]): MatrixNode | undefined {
  const scalars = items.filter((item) => !contains(item, 'matrix'));
  const matrices = items.filter((item) => contains(item, 'matrix')).map(matrixOf);
  const product = matrices.reduce((left, right) => left && right && times(left, right));
  return product && scalars.length > 0
    ? { ...product, items: product.items.map((item) => productOf([...scalars, item])) }
    : product;
}

function times(left: MatrixNode, right: MatrixNode): MatrixNode | undefined {
  const [rows, inner] = [rowsOf(left), left.columns];
  if (inner !== rowsOf(right) || rows * right.columns > MOST_CELLS) {
    return undefined;
  }
  const items = Array.from({ length: rows * right.columns }, (_cell, index) => {
    const [row, column] = [Math.floor(index / right.columns), index % right.columns];
    return sumOf(Array.from({ length: inner }, (_, k) => productOf([cell(left, row, k), cell(right, k, column)])));
  });
  return { kind: 'matrix', columns: right.columns, items };
}

function powered(base: Node, exponent: Node): MatrixNode | undefined {
  const matrix = matrixOf(base);
  if (!matrix) {
    return undefined;
  }
  if (exponent.kind === 'symbol' && (exponent.name === 'T' || exponent.name === '\\top')) {
    return transposed(matrix);
  }
  const power = exponent.kind === 'number' && exponent.value.denominator === 1n ? exponent.value.numerator : 0n;
  if (power === -1n && matrix.columns === 2 && rowsOf(matrix) === 2) {
    return inverseOfTwo(matrix);
  }
  if (power < 1n || power > HIGHEST_POWER) {
    return undefined;
  }
  let result: MatrixNode | undefined = matrix;
  for (let count = 1n; count < power; count++) {
    result = result && times(result, matrix);
  }
  return result;
}

function transposed(matrix: MatrixNode): MatrixNode {
  const rows = rowsOf(matrix);
  const items = matrix.items.map((_, index) => cell(matrix, index % rows, Math.floor(index / rows)));
  return { kind: 'matrix', columns: rows, items };
}

function inverseOfTwo(matrix: MatrixNode): MatrixNode | undefined {
  const bottom = determinant(matrix);
  if (!bottom) {
    return undefined;
  }
  const [a, b, c, d] = [cell(matrix, 0, 0), cell(matrix, 0, 1), cell(matrix, 1, 0), cell(matrix, 1, 1)];
  const items = [d, negated(b), negated(c), a].map((top): Node => ({ kind: 'quotient', items: [top, bottom] }));
  return { kind: 'matrix', columns: 2, items };
}

/** By expansion along the first row. */
function determinant(matrix: MatrixNode): Node | undefined {
  const size = matrix.columns;
  if (rowsOf(matrix) !== size) {
    return undefined;
  }
  if (size === 1) {
    return cell(matrix, 0, 0);
  }
  const terms = Array.from({ length: size }, (_minor, column) => {
    const rest = matrix.items.filter((_, index) => index >= size && index % size !== column);
    const minor = determinant({ kind: 'matrix', columns: size - 1, items: rest });
    const term = minor && productOf([cell(matrix, 0, column), minor]);
    return term && column % 2 === 1 ? negated(term) : term;
  });
  const known = terms.filter((term) => term !== undefined);
  return known.length === terms.length ? sumOf(known) : undefined;
}

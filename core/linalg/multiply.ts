import { RlvrError } from '../errors.ts';
import { matrix, transpose, type Matrix } from './matrix.ts';
import { turned, type Block } from './space/block.ts';
import { clear } from './space/lines.ts';
import { addProductHere } from './space/gemm.ts';
import { teamHere } from './space/here.ts';
import { linesOf, matrixOf, roomForMatrix } from './space/matrixLines.ts';

function product(left: Matrix, right: Matrix, isLeftTurned: boolean): Matrix {
  const [rows, depth] = isLeftTurned ? [left.columns, left.rows] : [left.rows, left.columns];
  const { columns } = right;
  if (depth !== right.rows) {
    const shapes = `${rows} x ${depth} and ${right.rows} x ${columns}`;
    throw new RlvrError('config/invalid', `Matrices whose shapes do not fit cannot be multiplied: ${shapes}.`);
  }
  if (rows === 0 || depth === 0 || columns === 0) return matrix(rows, columns);
  const room = roomForMatrix(left.rows, left.columns) + roomForMatrix(depth, columns) + roomForMatrix(rows, columns);
  const { team, allocator } = teamHere(room);
  const onLeft: Block = linesOf(team, allocator, left);
  const onRight = linesOf(team, allocator, right);
  const target = allocator.lines(rows, columns);
  clear(team.space, target);
  addProductHere(team.space, target, 1, isLeftTurned ? turned(onLeft) : onLeft, onRight);
  return matrixOf(team.space, target);
}

/**
 * left * right.
 *
 * @throws RlvrError `config/invalid` where the shapes do not fit.
 */
export function multiply(left: Matrix, right: Matrix): Matrix {
  return product(left, right, false);
}

/** leftᵀ * right. */
export function multiplyLeftTransposed(left: Matrix, right: Matrix): Matrix {
  return product(left, right, true);
}

/** left * rightᵀ. */
export function multiplyRightTransposed(left: Matrix, right: Matrix): Matrix {
  return multiply(left, transpose(right));
}

import { z } from 'zod';
import { checkTargets, queryValueTargets } from '../../../core/lowrank/targets.ts';

/** The options of SliceFine. */
export const schema = z
  .strictObject({
    r: z.int().min(1).default(8).describe('How many adjacent columns or rows of the weight are trained at a time'),
    slice_mode: z
      .literal(['column', 'row', 'alternate'])
      .default('column')
      .describe('column: columns; row: rows; alternate: columns and rows in turn, whenever the slice moves'),
    slice_position: z.int().min(0).default(0).describe('First column (or row) of the first slice'),
    interval: z
      .int()
      .min(0)
      .default(0)
      .describe('Steps after which the slice moves on by r; 0: it stays where it is, as in the study'),
    ...queryValueTargets,
  })
  .check(checkTargets);

/** A validated configuration. */
export type Config = z.output<typeof schema>;

/** What is trained at a place. */
export type SliceKind = 'column' | 'row';

/** What is decided for a layer. */
export interface LayerOptions {
  readonly rank: number;
  /** Which kinds of slices there are. */
  readonly modes: readonly SliceKind[];
  /** First column and row of the first slices, and 1 where rows come first. */
  readonly start: readonly [number, number, number];
  readonly interval: number;
}

/** Short names of a layer's parameters. */
export const names = {
  /** The trained columns [out, r]. */
  columns: 'slice_columns',
  /** The trained rows [r, in]. */
  rows: 'slice_rows',
  /** Where the slices are, [3]: first column, first row, 1 where the rows are trained. */
  position: 'slice_position',
  /** The weight with what former slices learned, [out, in]. */
  kept: 'slice_base',
} as const;

import { z } from 'zod';
import { integerRange } from './integerRange.ts';

const column = z.string().min(1);
const columns = z.union([column, z.array(column).min(1)]);
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const values = z.union([scalar, z.array(scalar).min(1)]);

const condition = z.union([
  values,
  z.strictObject({
    min: z.number().optional(),
    max: z.number().optional(),
    not: values.optional(),
    contains: z.string().min(1).optional(),
  }),
]);

/** What the value of a column must be. */
export type Condition = z.output<typeof condition>;

/** Which rows of a table become problems, and in which order. */
export const rowSelection = {
  filter: z
    .record(column, condition)
    .default({})
    .describe(
      'Only rows whose columns have these values: `level: [1, 2]`, `level: {min: 3}`, `subject: {not: Geometry}`, ' +
        '`source: {contains: aime}`',
    ),
  length: integerRange(0, 10_000_000).optional().describe('Only questions of so many characters: [fewest, most]'),
  difficulties: z
    .tuple([z.number(), z.number()])
    .optional()
    .describe('Only problems of this difficulty: [lowest, highest]; needs `difficulty`'),
  shuffle: z.boolean().default(false).describe('Shuffle by the experiment’s seed, before `limit`'),
  limit: z.int().min(1).optional().describe('At most so many problems of each split'),
  bad_rows: z
    .enum(['refuse', 'skip'])
    .default('refuse')
    .describe(
      'Rows that lack a column or hold no usable value: an error that lists them, or left out, counted and listed',
    ),
};

/** The template of a data set. */
export const templateOption = z.string().min(1);

/** Where in a row the parts of a problem stand. */
export const rowColumns = {
  question: columns
    .default(['question', 'problem', 'prompt'])
    .describe(
      'Column with the question; of several, the first that the file has. Nested values by a path, as in `extra.question`. A list of ' +
        'messages is a conversation whose last user message asks',
    ),
  reference: columns
    .default(['answer', 'solution', 'reward_model.ground_truth'])
    .describe('Column with the reference answer; of several, the first that the file has'),
  reference_after: z
    .string()
    .min(1)
    .optional()
    .describe('The reference is what follows the last of these, for example "####"'),
  reference_from: z
    .enum(['text', 'box', 'box_or_text'])
    .default('text')
    .describe('box: the reference is what the last \\boxed{} of the column holds; box_or_text: where there is one'),
  demonstration: column.optional().describe('Column with a worked completion, for supervised fine-tuning'),
  family: column.optional().describe('Column with the kind of task; the file’s name when left out'),
  problem_id: column.optional().describe('Column with the problem’s id; a hash of the question when left out'),
  difficulty: column
    .optional()
    .describe('Column that says how hard the problem is: a number, or text with one, as in "Level 3"'),
  template: templateOption
    .default('{question}')
    .describe(
      'How the data set words the question: {question} and {column} are filled in. data.template is put around it',
    ),
};

/** Whether splits without files of their own are carved out of those of training. */
export const carveOption = z
  .boolean()
  .default(true)
  .describe(
    'A split without files of its own is carved out of those of training by the hash of each question, a tenth each; false: training ' +
      'has them whole, and there is no such split',
  );

/** What of several splits to do with a question that stands in the files of two. */
export const overlapOption = z
  .enum(['refuse', 'drop'])
  .default('refuse')
  .describe(
    'A question that stands in the files of two splits: an error that names it, or left out of training (and of selection, where the ' +
      'report has it)',
  );

/** How rows become problems. */
export type RowOptions = z.output<z.ZodObject<typeof rowColumns & typeof rowSelection>>;

/** Columns of which a row has one or another. */
export function columnList(names: string | readonly string[]): readonly string[] {
  return typeof names === 'string' ? [names] : names;
}

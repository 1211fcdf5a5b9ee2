import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { RlvrError } from '../errors.ts';
import { writeFileAtomically } from '../model/atomicFile.ts';
import { readJsonFile } from './jsonFile.ts';
import { runFile } from './runFiles.ts';
import { writing } from './writing.ts';

const moments = ['before', 'during', 'after'] as const;
const fileName = new RegExp(`^step-(\\d{1,9})-(${moments.join('|')})\\.json$`);
const count = z.int().min(0);
const fraction = z.number().min(0).max(1);
const shareSchema = z.object({ value: fraction, low: fraction, high: fraction });

/** How far a policy is from the base. */
export const divergenceSchema = z
  .object({
    perToken: z.number().describe('Mean over tokens of logp_policy - logp_base, in nats'),
    perTokenK3: z.number().describe('The same by the k3 estimate, which is never negative and has less spread'),
    perSequence: z.number().describe('Mean over completions of the sum of logp_policy - logp_base, in nats'),
    standardError: z.number().describe('Of perSequence'),
    sequences: count.describe('Completions that it was estimated on'),
  })
  .describe('KL of the policy from the base, at the temperature of sampling and without filters');

const problemsSchema = z
  .object({
    id: z.array(z.string()).describe('In the data set'),
    correct: z.array(count).describe('Completions that are right'),
    unjudged: z.array(count).describe('Completions that could not be judged'),
    tokens: z.array(count).describe('Of all completions'),
  })
  .refine(({ id, ...columns }) => Object.values(columns).every(({ length }) => length === id.length), {
    message: 'columns of different length',
  })
  .describe('One entry for each problem, in the order of the data set');

const benchmarkRecordSchema = z.object({
  name: z.string(),
  role: z.enum(['trained', 'watched', 'benchmark']),
  split: z.enum(['selection', 'report']),
  hash: z.string().describe('Of the data set: with the same one, problems are the same and in the same order'),
  samples: z.int().min(1).describe('Completions for each problem'),
  temperature: z.number(),
  topP: z.number(),
  maxCompletionTokens: z.int().min(1),
  seed: count,
  accuracy: fraction.describe('Mean over problems of the share of right completions (avg@k)'),
  low: fraction.describe('Of its 95 % interval'),
  high: fraction,
  passAtK: z.record(z.string(), shareSchema).describe('Unbiased, by k, with 95 % intervals'),
  meanTokens: z.number(),
  truncated: fraction.describe('Share of completions that were cut off'),
  kl: divergenceSchema.optional(),
  problems: problemsSchema,
});

const evaluationRecordSchema = z.object({
  format: z.literal(1),
  moment: z.enum(moments),
  step: count.describe('Optimizer steps done'),
  benchmarks: z.array(benchmarkRecordSchema).describe('That of the data trained on first'),
});

/** What came of every problem in one evaluation of a run. It is JSON. */
export type EvaluationRecord = z.output<typeof evaluationRecordSchema>;
/** The same of one benchmark. */
export type BenchmarkRecord = z.output<typeof benchmarkRecordSchema>;

/** Writes `evaluations/step-N-MOMENT.json`, whole or not at all. Throws `run/unwritable`. */
export function writeEvaluation(runFolder: string, record: Omit<EvaluationRecord, 'format'>): void {
  const file = path.join(runFile(runFolder, 'evaluations'), `step-${record.step}-${record.moment}.json`);
  writing(file, () => {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileAtomically(file, [Buffer.from(`${JSON.stringify({ format: 1, ...record })}\n`)]);
  });
}

/** The evaluations of a run, in their order. Throws `run/corrupt` for a file that is none. */
export function readEvaluations(runFolder: string): readonly EvaluationRecord[] {
  return evaluationFiles(runFolder).map(({ file }) => {
    const parsed = evaluationRecordSchema.safeParse(readJsonFile(file));
    if (parsed.success) return parsed.data;
    throw new RlvrError(
      'run/corrupt',
      `${file} is not an evaluation of this version: ${z.prettifyError(parsed.error)}`,
      {
        file,
      },
    );
  });
}

/** Whether a run has been evaluated at this moment. */
export function hasEvaluation(runFolder: string, moment: EvaluationRecord['moment']): boolean {
  return evaluationFiles(runFolder).some((each) => each.moment === moment);
}

/** Removes the evaluations of later steps than `step`. */
export function forgetEvaluationsAfter(runFolder: string, step: number): void {
  for (const later of evaluationFiles(runFolder).filter((each) => each.step > step))
    rmSync(later.file, { force: true });
}

interface EvaluationFile {
  readonly step: number;
  readonly moment: string | undefined;
  readonly file: string;
}

function evaluationFiles(runFolder: string): readonly EvaluationFile[] {
  const folder = runFile(runFolder, 'evaluations');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => {
      const [, step, moment] = fileName.exec(name) ?? [];
      return step === undefined ? [] : [{ step: Number(step), moment, file: path.join(folder, name) }];
    })
    .sort((a, b) => a.step - b.step || placeOf(a.moment) - placeOf(b.moment));
}

/** After the last step, the selection split comes before the report split. */
function placeOf(moment: string | undefined): number {
  return moments.findIndex((each) => each === moment);
}

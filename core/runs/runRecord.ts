import { z } from 'zod';
import { experimentSchema } from '../experiment/schema.ts';
import { divergenceSchema } from './evaluationFiles.ts';
import { runCostsSchema } from './runCosts.ts';

const moment = z.iso.datetime();
const fraction = z.number().min(0).max(1);

const benchmarkResultSchema = z
  .looseObject({
    accuracy: fraction.describe('Mean over problems of the share of right completions (avg@k)'),
    low: fraction,
    high: fraction,
    problems: z.int().min(1),
    samples: z.int().min(1).optional().describe('Completions for each problem'),
    passAtK: z.record(z.string(), fraction).optional().describe('Unbiased, by k'),
    passIntervals: z.record(z.string(), z.object({ low: fraction, high: fraction })).optional(),
    kl: divergenceSchema.optional(),
  })
  .describe('Accuracy on held-out problems with its 95 % interval');

const evaluationResultSchema = benchmarkResultSchema.extend({
  watched: z
    .record(z.string(), benchmarkResultSchema)
    .optional()
    .describe('Families of problems that are evaluated and not trained'),
  benchmarks: z.record(z.string(), benchmarkResultSchema).optional().describe('Those of `evaluation.benchmarks`'),
});

const rewardFailuresSchema = z
  .object({
    count: z.int().min(1),
    first: z.array(
      z.object({
        step: z.int().min(0),
        problem: z.string().describe('Its id in the data set'),
        reward: z.string(),
        reason: z.string(),
        message: z.string(),
      }),
    ),
  })
  .describe(
    'Completions that a reward threw on, had no answer for in time, or gave no finite number for; they are masked',
  );

/** All that bits may depend on. */
export const environmentSchema = z
  .object({
    package: z.string(),
    code: z.string().describe('SHA-256 of the program file that trained'),
    node: z.string(),
    onnxruntime: z.string(),
    tfjs: z.string(),
    platform: z.string(),
    cpu: z.string(),
    cpuFeatures: z.array(z.string()),
    threads: z.int().min(1),
  })
  .describe('All that bits may depend on');

const attemptSchema = z.object({
  startedAt: moment,
  endedAt: moment.optional(),
  fromStep: z.int().min(0).describe('Step of the checkpoint that it went on from; 0: from the start'),
});

const findingSchema = z.object({ what: z.string(), count: z.int().min(0), first: z.array(z.string()) });
const askedSchema = z.object({ id: z.string(), question: z.string() });
const overlapCounts = { exact: z.int().min(0), overlapping: z.int().min(0) };

const dataRecordSchema = z
  .object({
    sources: z
      .record(
        z.string(),
        z.object({
          size: z.int().min(0).optional().describe('Missing where problems never end'),
          origin: z.string().optional().describe('A data set of the hub with its commit'),
          findings: z.array(findingSchema).describe('Rows left out, repeated questions'),
        }),
      )
      .describe('By data set and split'),
    contamination: z
      .object({
        mode: z.enum(['report', 'drop']),
        checked: z.int().min(0),
        evaluated: z.int().min(0),
        ...overlapCounts,
        bySource: z.record(z.string(), z.object(overlapCounts)),
        first: z.array(
          z.object({ name: z.string(), how: z.enum(['exact', '13-gram']), train: askedSchema, evaluated: askedSchema }),
        ),
        skipped: z.string().optional().describe('Why nothing was looked at'),
      })
      .optional()
      .describe('Training problems that are also evaluated on'),
  })
  .describe('What was found in the data');

const pluginUseSchema = z.object({ kind: z.string(), id: z.string(), hash: z.string() });

const checkSchema = z.object({
  name: z.string(),
  passed: z.boolean(),
  value: z.number().optional(),
  bound: z.number().optional(),
  explanation: z.string().optional(),
});

/** What lies in a checkpoint beside the native state, for other libraries. */
export const checkpointFormatSchema = z
  .enum(['peft', 'huggingface', 'native'])
  .describe('What lies beside the native state, for other libraries');

const checkpointEntrySchema = z.object({ step: z.int().min(0), format: checkpointFormatSchema });

const startSchema = z.object({
  from: z.string().describe('The id of a run and its step, or the folder of an adapter that was read'),
  isImport: z.boolean().default(false).describe('Whether this is an adapter that was read, and not a training run'),
});

const cellSchema = z.object({
  sweep: z.string().describe('Name of the experiment that has the matrix'),
  index: z.int().min(1).describe('Place among the cells, from 1'),
  of: z.int().min(1).describe('How many cells there are'),
  values: z.record(z.string(), z.unknown()).describe('Of the varied keys, by dotted path'),
});

const trialSchema = z.object({
  study: z.string().describe('Name of the study'),
  id: z.string().describe('Names the trial by what it is: studies that need the same one share it'),
});

/** The format of `run.json`. */
export const runRecordSchema = z.object({
  format: z.literal(1),
  id: z.string(),
  status: z.enum(['queued', 'running', 'finished', 'stopped', 'failed', 'interrupted']),
  createdAt: moment,
  queuedAt: moment.describe('When a process was last asked for'),
  attempts: z.array(attemptSchema).default([]),
  experiment: experimentSchema,
  source: z.object({
    file: z.string().describe('The experiment file, absolute'),
    folder: z.string().describe('What relative paths in the experiment start from, absolute'),
  }),
  method: z.string().describe('The adapter, as the experiment names it'),
  start: startSchema
    .optional()
    .describe('Where the run starts, when that is not the base: its folder `start` holds the values'),
  cell: cellSchema.optional().describe('Of a run of a sweep: which one'),
  trial: trialSchema.optional().describe('Of a run of a study: which one'),
  steps: z.int().min(0).default(0).describe('Optimizer steps done'),
  trainableParameters: z.int().min(0).optional(),
  firstStepSeconds: z.number().min(0).optional().describe('From the start of the process to the end of the first step'),
  evaluation: z
    .object({ before: evaluationResultSchema.optional(), after: evaluationResultSchema.optional() })
    .default({}),
  costs: runCostsSchema.optional(),
  checkpoints: z.array(checkpointEntrySchema).default([]),
  best: z
    .object({ step: z.int().min(0), accuracy: fraction.describe('On the selection split') })
    .optional()
    .describe('The checkpoint of the highest accuracy on the selection split, which is kept (training.keep_best)'),
  plateau: z
    .object({ step: z.int().min(0), accuracy: fraction })
    .optional()
    .describe('Where training ended early: accuracy on the selection split rose no more above this'),
  rewardFailures: rewardFailuresSchema.optional(),
  checks: z.array(checkSchema).default([]).describe('Invariants tested at the start'),
  environment: environmentSchema.optional(),
  seeds: z.record(z.string(), z.number()).default({}),
  plugins: z.array(pluginUseSchema).default([]),
  data: dataRecordSchema.optional(),
  hashes: z.record(z.string(), z.string()).default({}).describe('Of the model and of each data set'),
  error: z
    .object({ code: z.string(), message: z.string(), fields: z.record(z.string(), z.unknown()).default({}) })
    .optional(),
});

/** What `run.json` holds: the resolved experiment, what it ran on, and how far it is. */
export type RunRecord = z.output<typeof runRecordSchema>;
/** What lies in a checkpoint beside the native state, for other libraries. */
export type CheckpointFormat = z.output<typeof checkpointFormatSchema>;
/** Accuracy on held-out problems with its 95 % interval. */
export type BenchmarkResult = z.output<typeof benchmarkResultSchema>;
/** The same, with what was measured beside the data trained on. */
export type EvaluationResult = z.output<typeof evaluationResultSchema>;
/** Versions, processor and threads: what equal bits need to be equal. */
export type RunEnvironment = z.output<typeof environmentSchema>;
/** What was found in the data of a run. */
export type DataRecord = z.output<typeof dataRecordSchema>;
/** Where a run starts, when that is not the base. */
export type RunStart = z.output<typeof startSchema>;
/** Which run of a sweep a run is. */
export type RunCell = z.output<typeof cellSchema>;
/** The outcome of one invariant tested at the start of a run. */
export type IntegrityCheck = z.output<typeof checkSchema>;
/** How far a run is. `interrupted`: its process died before it could say how it ended. */
export type RunStatus = RunRecord['status'];

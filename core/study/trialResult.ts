import { z } from 'zod';

const fraction = z.number().min(0).max(1);
const count = z.int().min(0);

const benchmarkResultSchema = z
  .object({
    split: z.enum(['selection', 'report']).describe('Which problems: those that choose, or those that are told'),
    hash: z.string().describe('Of the data set: results with the same one are of the same problems in the same order'),
    accuracy: fraction.describe('Mean of the shares (avg@k)'),
    samples: z.int().min(1).describe('Completions for each problem (k)'),
    shares: z
      .array(fraction.nullable())
      .describe('Share of correct completions of each problem, in the order of the data; null: it could not be judged'),
    passAtK: z.record(z.string(), fraction).describe('Unbiased pass@k by k'),
    meanTokens: z.number().min(0).describe('Mean length of the completions'),
  })
  .describe('What an evaluation on one set of problems came to');

const settingSchema = z
  .object({
    model: z.string(),
    task: z.string(),
    axes: z.record(z.string(), z.unknown()).describe('Values of the varied keys, by dotted path'),
  })
  .describe('Where methods are compared: model, task, and values of the axes');

const useSchema = z
  .object({
    part: z.string(),
    method: z.string().describe('Label of the method in the study'),
    setting: settingSchema,
    learningRate: z
      .enum(['tuned', 'shared', 'fixed'])
      .describe('Whether its learning rate was chosen for the method, is that of all methods, or was set by hand'),
  })
  .describe('A place of the study that a trial stands at; parts that need the same trial share it');

const pointSchema = z.object({ step: count, value: z.number() });

const curvesSchema = z
  .object({
    reward: z.array(pointSchema).describe('Mean reward of the completions trained on'),
    accuracy: z.array(pointSchema).describe('On the selection split, where it is measured while training'),
    kl: z.array(pointSchema).describe('From the base'),
    entropy: z.array(pointSchema),
    length: z.array(pointSchema).describe('Mean tokens of a completion'),
    spectra: z.record(z.string(), z.array(pointSchema)).describe('Figures of the spectra by metric name'),
  })
  .describe('Over optimizer steps; long ones are thinned out');

const secondsSchema = z
  .object({
    total: z.number().min(0).describe('That processes have worked on it'),
    training: z.number().min(0).describe('Rollouts and optimizer steps'),
    evaluation: z.number().min(0),
  })
  .describe('Depend on the machine; nothing is decided by them');

/** The format of a trial's result. */
export const trialResultSchema = z.object({
  id: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .describe('Hash of the resolved experiment'),
  phase: z.enum(['tuning', 'report']).describe('Whether it chooses a learning rate, or is told'),
  uses: z.array(useSchema).min(1),
  seed: count,
  learningRate: z.number().positive(),
  steps: count.describe('Optimizer steps done'),
  status: z.enum(['finished', 'failed']),
  error: z.object({ code: z.string(), message: z.string() }).optional().describe('Why it failed'),
  run: z.string().describe('Id of its run'),
  trainableParameters: count.optional(),
  benchmarks: z.record(z.string(), benchmarkResultSchema).describe('Of the task that was trained, by name'),
  retention: z.record(z.string(), benchmarkResultSchema).describe('Of tasks that were not trained, by name'),
  klFromBase: z.number().optional().describe('Mean over the tokens of the last steps'),
  tokens: count.describe('Generated for training'),
  tokensToTarget: count
    .optional()
    .describe('Generated for training until the accuracy of the study’s `target` was reached; missing: it was not'),
  seconds: secondsSchema,
  peakMemoryBytes: count.optional(),
  curves: curvesSchema,
  spectra: z.record(z.string(), z.number()).describe('Figures of the spectra after the last step, by metric name'),
});

/** What a trial of a study came to. It is JSON. */
export type TrialResult = z.output<typeof trialResultSchema>;
/** What an evaluation on one set of problems came to. */
export type BenchmarkResult = z.output<typeof benchmarkResultSchema>;
/** A place of the study that a trial stands at. */
export type TrialUse = z.output<typeof useSchema>;
/** Model, task and values of the axes: methods are compared within one. */
export type StudySetting = z.output<typeof settingSchema>;
/** A value after an optimizer step. */
export type CurvePoint = z.output<typeof pointSchema>;

import { z } from 'zod';
import { environmentSchema } from '../runs/runRecord.ts';
import { trialResultSchema } from './trialResult.ts';

const count = z.int().min(0);
const setting = trialResultSchema.shape.uses.element.shape.setting;

const partSchema = z
  .object({
    name: z.string(),
    title: z.string().optional(),
    exploratory: z.boolean(),
    baselines: z.array(z.string()).describe('Methods that the others are tested against'),
    methods: z.array(z.string()).describe('In the order of the study'),
    models: z.array(z.string()),
    tasks: z.array(z.string()),
    axes: z.record(z.string(), z.array(z.unknown())).describe('Values of the varied keys, by dotted path'),
    seeds: z.array(count).describe('Of reported trials'),
    learningRate: z.enum(['tuned', 'shared', 'fixed']),
    seconds: z.number().min(0).optional().describe('That its trials have taken; one of several parts counts in each'),
  })
  .describe('A part of the study: one question');

const methodSchema = z
  .object({
    name: z.string().describe('Label in the study'),
    adapter: z.string().describe('Its adapter or preset'),
    options: z.record(z.string(), z.unknown()).describe('Of the adapter, as the study sets them'),
    optimizer: z.string().optional(),
    targets: z.array(z.string()).describe('Kinds of layers that it trains; empty: of its own, or all weights'),
  })
  .describe('A method as it is compared');

const rateSchema = z
  .object({
    learningRate: z.number().positive(),
    steps: count.describe('Of the last rung that it reached'),
    accuracy: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('On the selection split after these steps, mean over tuning seeds; missing: its trials failed'),
    extension: z.boolean().describe('Whether it was added to the grid because the best rate lay at its edge'),
  })
  .describe('A learning rate that was tried');

const tuningSchema = z
  .object({
    method: z.string(),
    setting,
    chosen: z.number().positive().optional().describe('Missing: every trial failed'),
    atEdge: z.enum(['low', 'high']).optional().describe('The chosen rate is still the lowest or highest of all tried'),
    trials: count.describe('Tuning trials that this arm got'),
    steps: count.describe('Optimizer steps of all of them'),
    rates: z.array(rateSchema).describe('In ascending order'),
  })
  .describe('How one method’s learning rate was chosen');

const splitSchema = z
  .object({
    task: z.string(),
    split: z.enum(['train', 'selection', 'report']),
    name: z.string().describe('Of the data set'),
    problems: count.optional().describe('Missing: drawn without end'),
    seeds: z.array(count).optional().describe('Seeds of the trials that use it, where they must differ'),
  })
  .describe('Which problems serve for what');

const notRunSchema = z
  .object({
    part: z.string(),
    method: z.string(),
    setting,
    seeds: z.array(count),
    because: z.string(),
  })
  .describe('Trials that the study asks for and that were not run');

const baseSchema = trialResultSchema
  .pick({ id: true, run: true, benchmarks: true, retention: true })
  .extend({ model: z.string(), task: z.string() })
  .describe('What an untrained model came to on a task');

/** The format of a study's `results.json`: all that its leaderboard, report and findings are made of. */
export const studyResultsSchema = z.object({
  format: z.literal(1),
  kind: z.literal('rlvr-lab/study-results'),
  name: z.string(),
  description: z.string().optional(),
  version: z.string().optional().describe('Of RLVR Lab'),
  parts: z.array(partSchema),
  methods: z.array(methodSchema),
  models: z.array(z.object({ name: z.string(), parameters: count.optional() })),
  differs: z
    .array(
      z.object({
        in: z.enum(['targets', 'budget']),
        methods: z.array(z.string()),
        what: z.string().optional().describe('What they have, and what the others have'),
        because: z.string(),
      }),
    )
    .describe('Differences between methods that the study declares'),
  splits: z.array(splitSchema),
  target: z.record(z.string(), z.number()).describe('Accuracy whose cost in tokens is told, by task'),
  bases: z.array(baseSchema).optional().describe('The models as they were before training'),
  tuning: z.array(tuningSchema),
  environment: environmentSchema.optional().describe('What the trials ran on; bits depend on it'),
  trials: z.array(trialResultSchema).describe('Reported ones, failed ones among them; tuning trials may be left out'),
  notRun: z.array(notRunSchema),
  seconds: z
    .object({
      trials: z.number().min(0).describe('Training and evaluation'),
      overhead: z.number().min(0).describe('Everything else: planning, starting processes, reading results'),
      wall: z.number().min(0).optional().describe('From start to end, over all resumptions'),
    })
    .describe('Depend on the machine'),
});

/** A study's results. It is JSON. */
export type StudyResults = z.output<typeof studyResultsSchema>;
/** A part of a study: one question. */
export type StudyPart = StudyResults['parts'][number];
/** How one method's learning rate was chosen. */
export type TuningArm = StudyResults['tuning'][number];

import { z } from 'zod';

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,39}$/i, 'letters, digits, ".", "_" and "-", at most 40')
  .describe('Name; part of names of runs and files');
const positiveInteger = z.int().min(1);
const seed = z.int().min(0).max(0xffffffff);
const rate = z.number().positive();
const choice = (description: string) => z.looseObject({ type: z.string().min(1) }).describe(description);
const overrides = z
  .record(z.string(), z.unknown())
  .default({})
  .describe('Settings of the experiment by dotted path, as in training.steps: 120');

const seeds = z.union([positiveInteger.max(1000), z.array(seed).min(1)]);

const methodSchema = z
  .strictObject({
    name: name.describe('What the method is called in the study (default: the adapter’s type)').optional(),
    adapter: choice('The PEFT method and its options'),
    optimizer: choice('Another update rule than the experiment’s').optional(),
    learning_rate: z
      .union([rate, z.array(rate).min(1)])
      .optional()
      .describe('Its own rate, around which `tuning.factors` lie; or a list: the rates that it is tuned over'),
    overrides,
  })
  .describe('A method');

const modelSchema = z.union([
  z.string().min(1),
  z.strictObject({ path: z.string().min(1).describe('Model folder, relative to this file'), overrides }),
]);

const taskSchema = z
  .strictObject({
    data: z.looseObject({}).optional().describe('Keys of the experiment’s `data`: what is trained and evaluated'),
    rewards: z.array(choice('A reward')).optional().describe('Instead of those of the experiment'),
    evaluation: z.looseObject({}).optional().describe('Keys of the experiment’s `evaluation`, such as benchmarks'),
    overrides,
  })
  .describe('A task: what is trained, and the benchmarks that it is measured on');

const axisSchema = z.union([
  z.array(z.unknown()).min(1),
  z.strictObject({
    values: z.array(z.unknown()).min(1),
    methods: z.array(z.string()).min(1).describe('Methods that it applies to; the others are run once, without it'),
  }),
]);

const ratePolicySchema = z
  .union([z.enum(['tuned', 'shared', 'own']), rate])
  .describe(
    'tuned: chosen for each method; shared: `shared_learning_rate` for all; own: as the method says; or a number for all',
  );

const partSchema = z
  .strictObject({
    title: z.string().optional().describe('What the part is about; shown in the report'),
    priority: z
      .int()
      .default(1)
      .describe('Parts of a lower number are run first; within one, in the order of the file'),
    exploratory: z.boolean().default(false).describe('Whether the report must mark it as exploratory'),
    methods: z.array(z.string()).min(1).optional().describe('Names of methods (default: all)'),
    models: z.array(z.string()).min(1).optional().describe('Names of models (default: all)'),
    tasks: z.array(z.string()).min(1).optional().describe('Names of tasks (default: all)'),
    axes: z
      .record(z.string(), axisSchema)
      .default({})
      .describe('Settings by dotted path with the values that they take; every combination is a setting of its own'),
    seeds: seeds.optional().describe('As of the study'),
    learning_rate: ratePolicySchema.optional(),
    retune: z
      .boolean()
      .default(false)
      .describe('Choose rates anew for each combination of the axes; else those without axes'),
    baselines: z.array(z.string()).min(1).optional().describe('As of the study'),
    overrides,
  })
  .describe('A part of the study');

const tuningSchema = z
  .strictObject({
    learning_rates: z.array(rate).min(2).optional().describe('Rates that every method is tuned over'),
    factors: z
      .array(rate)
      .min(2)
      .optional()
      .describe('Instead: multiples of each method’s own learning_rate that it is tuned over'),
    steps: z
      .array(positiveInteger)
      .min(1)
      .default([30, 60])
      .describe('Successive halving: steps of the trials of each rung'),
    keep: z.number().gt(0).lt(1).default(0.5).describe('Share of the rates that go on from one rung to the next'),
    extend: z
      .int()
      .min(0)
      .default(1)
      .describe(
        'More rates for each method after the grid: beyond its edge where the best lies at it, else between the best and its neighbour',
      ),
    seeds: seeds.default(1).describe('Seeds of tuning trials: never those of reported ones'),
    per: z
      .array(z.enum(['model', 'task']))
      .default(['model', 'task'])
      .describe('What rates are chosen for; over what is left out the first one’s rates count'),
    problems: positiveInteger.optional().describe('Of an evaluation (default: as the experiment says)'),
    samples: positiveInteger.optional().describe('Of an evaluation (default: as the experiment says)'),
  })
  .describe('How a learning rate is chosen for each method, on the selection split');

const differsSchema = z
  .strictObject({
    in: z.enum(['targets', 'budget']),
    methods: z.array(z.string()).min(1),
    because: z.string().min(1).describe('The reason, which the report repeats'),
  })
  .describe('A difference between methods that is meant');

const budgetSchema = z
  .strictObject({
    hours: z.number().positive().optional().describe('Of work, over all resumptions; no trial is started after it'),
    trials: positiveInteger.optional().describe('No more trials are started after so many'),
  })
  .describe('Where the study ends though not all of it was run; what was not is listed');

/** The file format of `*.study.yaml`. The experiments that it stands for are checked one by one (`expandStudy`). */
export const studySchema = z
  .strictObject({
    name,
    description: z.string().optional().describe('What the study asks; shown in its report'),
    experiment: z
      .union([z.string().min(1), z.looseObject({})])
      .describe('What all trials share: keys of an experiment, or the path of an experiment file'),
    models: z
      .record(z.string(), modelSchema)
      .optional()
      .describe('Base models by name: folders, relative to this file (default: the experiment’s)'),
    tasks: z.record(z.string(), taskSchema).optional().describe('Tasks by name (default: the experiment’s own data)'),
    targets: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Target modules of every method that takes them and names none itself'),
    methods: z
      .array(z.union([z.string().min(1), methodSchema]))
      .min(1)
      .describe('Methods to compare: ids of adapters, or adapters with options'),
    differs: z.array(differsSchema).default([]),
    seeds: seeds
      .default(3)
      .describe(
        'Seeds of the trials that are reported: how many (1, 2, ...), or a list; more than one to say anything',
      ),
    learning_rate: ratePolicySchema.optional().describe('tuned where the study has `tuning`, else own'),
    shared_learning_rate: rate.optional().describe('The rate of parts with learning_rate: shared'),
    tuning: tuningSchema.optional(),
    baselines: z
      .array(z.string())
      .min(1)
      .optional()
      .describe('Methods that the others are tested against (default: the first)'),
    target_accuracy: z
      .union([z.number().min(0).max(1), z.record(z.string(), z.number().min(0).max(1))])
      .optional()
      .describe('Accuracy whose cost in tokens is told, also by task; needs evaluation.every'),
    parts: z.record(z.string(), partSchema).optional().describe('Parts by name (default: one of everything)'),
    budget: budgetSchema.prefault({}),
    threads: positiveInteger.default(1).describe('Threads of each trial; results depend on it'),
    parallel: positiveInteger.optional().describe('Most trials at once (default: as many as cores and memory allow)'),
    memory_gb: z.number().positive().optional().describe('Memory that trials may take in all (default: what is free)'),
    keep: z
      .enum(['checkpoints', 'records'])
      .default('records')
      .describe('What stays of a finished trial’s run: its last checkpoint and completions too, or its metrics alone'),
    quick: overrides.describe('Settings of this file by dotted path that `--quick` puts in, as in seeds: 2'),
  })
  .meta({ title: 'RLVR Lab study', description: 'A comparison of methods (*.study.yaml)' });

/** A study after validation, with its own defaults filled in. */
export type StudyDefinition = z.output<typeof studySchema>;
/** A method of a study that is more than an id. */
export type MethodDefinition = z.output<typeof methodSchema>;
/** One part of a study. */
export type PartDefinition = z.output<typeof partSchema>;
/** How learning rates are chosen. */
export type TuningDefinition = z.output<typeof tuningSchema>;
/** Where the learning rate of a part's trials comes from. */
export type RatePolicy = z.output<typeof ratePolicySchema>;

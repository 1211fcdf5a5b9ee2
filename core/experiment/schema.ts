import { z } from 'zod';
import { curriculumSchema } from '../training/curriculum.ts';
import { gradientSchema } from '../optimizer/gradient/gradientSteps.ts';
import { scheduleSchema } from '../training/schedule.ts';

const pluginId = z.string().min(1).describe('id of the plugin (`rlvr plugins` lists them)');

/** A plugin chosen by `type`; its other keys are checked by the plugin's own schema once the plugin is known. */
const pluginChoice = (description: string) => z.looseObject({ type: pluginId }).describe(description);

/** The same where one plugin is meant when none is named. */
const pluginChoiceOr = (type: string, description: string) =>
  z
    .looseObject({ type: pluginId.default(type) })
    .describe(description)
    .prefault({});

const positiveInteger = z.int().min(1);

const modelSchema = z
  .strictObject({
    path: z.string().min(1).describe('Hugging Face model folder, relative to this file'),
  })
  .describe('The base model');

const dataSchema = z
  .strictObject({
    train: pluginChoice('Problems to learn from (their `train` split)'),
    evaluate: pluginChoice(
      'Problems to evaluate on (their `report` split); the training data when left out',
    ).optional(),
    watch: z
      .array(pluginChoice('Problems of another family'))
      .default([])
      .describe('Families that are evaluated beside it and not trained, to see what is forgotten'),
    decontaminate: z
      .enum(['report', 'drop', 'off'])
      .default('report')
      .describe(
        'Training problems that are also evaluated on, by the same words or 13 words in a row: only told, or left out of training too. ' +
          'Generated problems never are',
      ),
    template: z
      .string()
      .default('{question}')
      .describe(
        'What the user says; {question} stands for the problem, as its data set words it. The model’s chat template is put around it',
      ),
    system: z.string().optional().describe('System message, if any; it takes the place of one that the data bring'),
    chat: z.boolean().default(true).describe('Whether to use the model’s chat template'),
  })
  .describe('Problems and how they become prompts');

const rolloutSchema = z
  .strictObject({
    group_size: positiveInteger.default(8).describe('Completions per prompt (G)'),
    batch_size: positiveInteger.default(128).describe('Completions per generation batch; a multiple of group_size'),
    max_prompt_tokens: positiveInteger
      .default(512)
      .describe('Longest prompt allowed; a longer one is an error, never cut'),
    max_completion_tokens: positiveInteger.default(256).describe('Completions stop here'),
    min_completion_tokens: z.int().min(0).default(0).describe('Stop tokens are not sampled before this many tokens'),
    temperature: z.number().positive().default(1).describe('Logits are divided by it'),
    top_k: z.int().min(0).default(0).describe('Keep the k most likely tokens; 0: all'),
    top_p: z.number().positive().max(1).default(1).describe('Keep the smallest set with this probability'),
    min_p: z.number().min(0).max(1).default(0).describe('Drop tokens below this fraction of the most likely one'),
    repetition_penalty: z.number().positive().default(1).describe('Divides the logits of tokens that occurred; 1: off'),
    dynamic_sampling: z
      .strictObject({
        max_batches: positiveInteger.default(4).describe('Batches sampled at most for one that is trained on'),
        at_limit: z
          .enum(['smaller', 'fill', 'fail'])
          .default('smaller')
          .describe('Train on the groups there are, fill up with groups of advantage 0, or end the run'),
      })
      .optional()
      .describe('Leave out groups whose rewards are all equal, and sample others in their place (DAPO)'),
    old_logps: z
      .enum(['unfiltered', 'filtered'])
      .default('unfiltered')
      .describe('Which log-probability is the old policy when filters are on'),
  })
  .describe('Sampling of completions');

const trainingSchema = z
  .strictObject({
    steps: positiveInteger.default(100).describe('Optimizer steps'),
    num_iterations: positiveInteger.default(1).describe('Times each generation batch is trained on'),
    steps_per_generation: positiveInteger.default(1).describe('Optimizer steps in which a generation batch is used up'),
    micro_batch_tokens: positiveInteger.default(1024).describe('Tokens computed at once; gradients are accumulated'),
    max_grad_norm: z.number().min(0).default(1).describe('Gradients are clipped to this norm; 0: not clipped'),
    scale_rewards: z
      .enum(['group', 'batch', 'none'])
      .default('group')
      .describe('Divide advantages by this standard deviation'),
    multi_objective: z
      .enum(['sum_then_normalize', 'normalize_then_sum'])
      .default('sum_then_normalize')
      .describe('Several rewards: normalised as one sum, or each by itself'),
    mask_truncated_completions: z.boolean().default(false).describe('Learn nothing from completions that were cut off'),
    reward_timeout_seconds: z
      .number()
      .positive()
      .default(60)
      .describe('A reward that takes longer for one completion has failed on it; the completion is masked'),
    curriculum: curriculumSchema,
    early_stopping: z
      .strictObject({
        patience: positiveInteger.default(3).describe('Evaluations without an improvement'),
        min_delta: z.number().min(0).default(0).describe('A rise of accuracy by no more than this is none'),
      })
      .optional()
      .describe('End where accuracy on the selection split rises no more; needs evaluation.every'),
    keep_best: z
      .boolean()
      .default(false)
      .describe('Keep the checkpoint of the highest accuracy on the selection split too; needs evaluation.every'),
    reference: z
      .enum(['base', 'initial'])
      .default('base')
      .describe('Reference policy when beta is not 0: the base without adapter, or a frozen copy of the start'),
    sync_ref_model: z
      .boolean()
      .default(false)
      .describe(
        'Let the reference (initial) follow the policy: every ref_model_sync_steps, alpha policy + (1 - alpha) reference',
      ),
    ref_model_mixup_alpha: z
      .number()
      .positive()
      .max(1)
      .default(0.6)
      .describe(
        'Share of the policy in that; below 1 only for adapters whose weights are mixed by mixing their tensors',
      ),
    ref_model_sync_steps: positiveInteger.default(512).describe('Optimizer steps between these'),
    checkpoint_every: positiveInteger
      .default(25)
      .describe('Steps between checkpoints; the last step always writes one'),
    keep_checkpoints: positiveInteger.default(2).describe('Checkpoints kept, newest first'),
  })
  .describe('The training loop');

const usual = 'default: as the data set is usually evaluated, else as the trained problems are';

const benchmarkSchema = z
  .strictObject({
    data: pluginChoice('The problems'),
    reward: pluginChoice('What says whether an answer is right; default: as for the trained problems').optional(),
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._ -]{0,63}$/i, 'letters, digits, spaces, ".", "_" and "-", at most 64')
      .optional()
      .describe('Part of the names of its metrics; the data set’s type when left out'),
    problems: positiveInteger
      .optional()
      .describe('Problems evaluated; all, where there are fewer; default: as evaluation'),
    samples: positiveInteger.optional().describe(`Completions per problem (k of avg@k and pass@k); ${usual}`),
    temperature: z.number().min(0).optional().describe(`0: greedy; ${usual}`),
    top_p: z.number().positive().max(1).optional().describe(`As in rollout; ${usual}`),
    max_completion_tokens: positiveInteger.optional().describe(`Completions stop here; ${usual}`),
  })
  .describe('A set of problems');

const evaluationSchema = z
  .strictObject({
    before: z.boolean().default(true).describe('Evaluate the base before the first step'),
    every: z.int().min(0).default(0).describe('Steps between evaluations; 0: only after the last'),
    split: z
      .enum(['report', 'selection'])
      .default('report')
      .describe(
        'Problems of the evaluations before and after: those that are told, or those that settings are chosen by',
      ),
    problems: positiveInteger.default(512).describe('Problems evaluated; all, where there are fewer'),
    samples: positiveInteger.default(1).describe('Completions per problem (pass@k needs k of them)'),
    temperature: z.number().min(0).default(1).describe('0: greedy'),
    top_p: z.number().positive().max(1).default(1).describe('As in rollout'),
    seed: z.int().min(0).default(1234).describe('Of the sampling; the same for every evaluation'),
    data_seed: z
      .int()
      .min(0)
      .optional()
      .describe('Draws the problems evaluated, so that runs of several seeds are evaluated on the same; default: seed'),
    benchmarks: z
      .array(benchmarkSchema)
      .default([])
      .describe('Evaluated before and after, each as it says, beside the problems that are trained on'),
  })
  .describe('Accuracy on held-out problems');

const spectraSchema = z
  .strictObject({
    every: z
      .int()
      .min(0)
      .default(0)
      .describe('Steps between spectra of the weights, which are also taken at checkpoints; 0: none while training'),
    top_k: positiveInteger.default(32).describe('Leading directions of each weight that are followed'),
  })
  .describe('What training does to the spectrum of each weight, as `rlvr spectra` shows it');

const engineSchema = z
  .looseObject({
    type: pluginId.default('embedded'),
    device: z
      .enum(['cpu', 'webgpu', 'cuda', 'tensorflow', 'auto'])
      .default('cpu')
      .describe('What computes; `rlvr doctor` says what works here'),
    threads: z.int().min(0).default(0).describe('Threads of the numeric library; 0: one per core'),
  })
  .describe('What runs the experiment');

/** The file format of `*.rlvr.yaml`. Keys of plugins are validated by the plugins themselves (resolveExperiment). */
export const experimentSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/i, 'letters, digits, ".", "_" and "-", at most 64')
      .describe('Part of the run id'),
    description: z.string().optional().describe('What the run is for; shown in its report'),
    seed: z.int().min(0).max(0xffffffff).default(42).describe('Everything random comes from it'),
    model: modelSchema,
    data: dataSchema,
    adapter: pluginChoice('The PEFT method and its options'),
    rewards: z
      .array(pluginChoice('A reward').and(z.looseObject({ weight: z.number().default(1) })))
      .default([])
      .describe('Rewards, summed with their weights'),
    objective: pluginChoiceOr('dapo', 'The policy loss'),
    gradient: gradientSchema,
    optimizer: pluginChoiceOr('adamw', 'The update rule'),
    learning_rate: z.number().positive().default(1e-5).describe('Its peak, where the schedule changes it'),
    schedule: scheduleSchema,
    rollout: rolloutSchema.prefault({}),
    training: trainingSchema.prefault({}),
    evaluation: evaluationSchema.prefault({}),
    spectra: spectraSchema.prefault({}),
    engine: engineSchema.prefault({}),
  })
  .meta({ title: 'RLVR Lab experiment', description: 'One training run (*.rlvr.yaml)' });

/** An experiment after validation, with every default filled in. */
export type Experiment = z.output<typeof experimentSchema>;

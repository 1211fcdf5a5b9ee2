import { readFileSync, readdirSync } from 'node:fs';
import { openSafetensors, type SafetensorsFile } from '../../core/model/safetensors.ts';
import { scheduleSchema } from '../../core/training/schedule.ts';
import { goldenPath, hasGolden } from '../goldenFolder.ts';
import { trlOptions } from '../plugins/objectives/trlOptions.ts';

/** A whole training run by TRL: `trl/step/NAME.json`. */
export interface StepCase {
  readonly model_folder: string;
  readonly lora: Readonly<Record<string, unknown>>;
  readonly reference: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly group: number;
  readonly rows: number;
  readonly optimizer: {
    readonly name: string;
    readonly betas: readonly number[];
    readonly eps: number;
    readonly weight_decay: number;
    readonly max_grad_norm: number;
    readonly lr_scheduler_type: string;
  };
  readonly optimizer_steps: number;
  readonly micro_batches: number;
  readonly generations: readonly {
    readonly prompt_ids: readonly (readonly number[])[];
    readonly completion_ids: readonly (readonly number[])[];
    readonly rewards: readonly (number | string | null)[];
  }[];
  readonly logs: readonly Readonly<Record<string, number | string>>[];
}

/** TRL's defaults where an objective here has its paper's. */
// eslint-disable-next-line no-restricted-syntax -- TRL writes null where an option is not set
const objectiveDefaults = { importance_sampling_level: 'token', epsilon: 0.2, epsilon_high: null };

/** Arguments that the replay reads itself. */
const otherArguments = [
  'learning_rate',
  'loss_type',
  'lr_scheduler_type',
  'lr_scheduler_kwargs',
  'warmup_steps',
  'per_device_train_batch_size',
  'gradient_accumulation_steps',
  'steps_per_generation',
  'num_iterations',
  'max_completion_length',
  'max_grad_norm',
  'weight_decay',
  'adam_beta1',
  'adam_beta2',
  'adam_epsilon',
  'mask_truncated_completions',
  'scale_rewards',
  'multi_objective_aggregation',
  'temperature',
  'seed',
];

/** How TRL cut its batches, with its defaults filled in. */
export interface StepPlan {
  readonly lossType: string;
  readonly learningRate: number;
  readonly temperature: number;
  readonly maxTokens: number;
  readonly accumulation: number;
  readonly iterations: number;
  /** Optimizer steps in one pass over a generation batch. */
  readonly stepsPerGeneration: number;
  readonly masksTruncated: boolean;
  readonly scaleRewards: 'group' | 'batch' | 'none';
  readonly objective: Readonly<Record<string, unknown>>;
  readonly schedule: Readonly<Record<string, unknown>>;
}

/** Names of the cases in the golden folder. */
export function stepCaseNames(): readonly string[] {
  if (!hasGolden('trl', 'step')) return [];
  const files = readdirSync(goldenPath('trl', 'step')).sort();
  return files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));
}

/** Reads a case's description. */
export function readStepCase(name: string): StepCase {
  return JSON.parse(readFileSync(goldenPath('trl', 'step', `${name}.json`), 'utf8')) as StepCase;
}

/** Opens a case's tensors. */
export function openStepTensors(name: string): SafetensorsFile {
  return openSafetensors(goldenPath('trl', 'step', `${name}.safetensors`));
}

/** The plan that a case's arguments make. */
export function stepPlan({ args, optimizer }: StepCase): StepPlan {
  const number = (name: string, otherwise: number): number => Number(args[name] ?? otherwise);
  const accumulation = number('gradient_accumulation_steps', 1);
  const scale = args['scale_rewards'] ?? 'group';
  const warmup = optimizer.lr_scheduler_type === 'constant' ? {} : { warmup_steps: number('warmup_steps', 0) };
  return {
    lossType: (args['loss_type'] as string | undefined) ?? 'dapo',
    learningRate: number('learning_rate', 1e-6),
    temperature: number('temperature', 1),
    maxTokens: number('max_completion_length', 512),
    accumulation,
    iterations: number('num_iterations', 1),
    stepsPerGeneration: number('steps_per_generation', accumulation) / accumulation,
    masksTruncated: args['mask_truncated_completions'] === true,
    scaleRewards: scale === true ? 'group' : scale === false ? 'none' : (scale as StepPlan['scaleRewards']),
    objective: {
      ...objectiveDefaults,
      ...Object.fromEntries(Object.entries(args).filter(([name]) => trlOptions.includes(name))),
    },
    schedule: { type: optimizer.lr_scheduler_type, ...warmup, ...(args['lr_scheduler_kwargs'] as object | undefined) },
  };
}

/** What the product does not have of what a case asks for; undefined where it has everything. */
export function notCovered(entry: StepCase, objectives: readonly string[]): string | undefined {
  const plan = stepPlan(entry);
  const strange = Object.keys(entry.args).filter((name) => ![...trlOptions, ...otherArguments].includes(name));
  if (strange.length > 0) return `TRL's argument ${strange.join(', ')}`;
  if (!objectives.includes(plan.lossType)) return `the objective ${plan.lossType}`;
  if (entry.optimizer.name !== 'AdamW') return `the optimizer ${entry.optimizer.name}`;
  if (!scheduleSchema.safeParse(plan.schedule).success) return `the schedule ${entry.optimizer.lr_scheduler_type}`;
  if (!['base', 'initial adapter'].includes(entry.reference)) return `the reference ${entry.reference}`;
  if (!Number.isInteger(plan.stepsPerGeneration)) return 'an optimizer step over several generation batches';
  return undefined;
}

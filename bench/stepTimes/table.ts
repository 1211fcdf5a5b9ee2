import type { Machine } from '../shared/machine.ts';
import { pairwiseRatios, spreadOf, type Spread } from '../trl/statistics.ts';
import { benchShape } from '../engine/benchRun.ts';

/** What was measured of a method: seconds of its steps, and of LoRA's between them. */
export interface MethodTimes {
  readonly id: string;
  readonly trainable: number;
  readonly seconds: readonly number[];
  readonly loraSeconds: readonly number[];
}

/** Everything that a run of the benchmark measured. */
export interface StepTimes {
  readonly machine: Machine;
  readonly command: string;
  readonly threads: number;
  readonly repetitions: number;
  readonly methods: readonly MethodTimes[];
}

/** A method's step at most this many times LoRA's. */
const wanted = 1.5;
/** The same for those that do more by definition: norms of the merged weight, a ranking of all triplets. */
const wantedOf: Readonly<Record<string, number>> = { adalora: 1.8, dora: 1.8 };

/** How many times LoRA's step a method's takes. */
export function ratiosOf({ seconds, loraSeconds }: MethodTimes): Spread {
  return spreadOf(pairwiseRatios(seconds, loraSeconds));
}

/** The Markdown table. */
export function renderStepTimes({ machine, command, threads, repetitions, methods }: StepTimes): string {
  const { completions, completionTokens, prompts, promptTokens, rank } = benchShape;
  const slow = methods.filter((method) => ratiosOf(method).median > (wantedOf[method.id] ?? wanted));
  const verdict =
    slow.length === 0
      ? 'Every method is within what is wanted.'
      : `Slower than wanted: ${slow.map(({ id }) => id).join(', ')}.`;
  return [
    `${machine.date.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; \`${command}\`; ` +
      `${threads} threads, median (least to most) of ${repetitions} repetitions.`,
    '',
    `A training step of each method beside LoRA's, in turn: Qwen2 of 1.59 M parameters, d 192, 4 layers; ${completions} completions of ` +
      `${completionTokens} tokens, ${prompts} prompts of ${promptTokens} tokens; rank ${rank} on seven modules where a method has ` +
      `rank and modules. Wanted: at most ${wanted} x LoRA, AdaLoRA and DoRA 1.8 x. ${verdict}`,
    '',
    '| method | trained values | ms | times LoRA |',
    '| --- | ---: | ---: | ---: |',
    ...methods.map((method) => {
      const time = spreadOf(method.seconds.map((seconds) => seconds * 1000));
      const { median, min, max } = ratiosOf(method);
      const ratio = `**${median.toFixed(2)}** (${min.toFixed(2)} to ${max.toFixed(2)})`;
      return `| ${method.id} | ${method.trainable.toLocaleString('en')} | ${time.median.toFixed(0)} | ${ratio} |`;
    }),
  ].join('\n');
}

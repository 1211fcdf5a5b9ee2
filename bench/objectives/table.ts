import { benchShape } from '../engine/benchRun.ts';
import type { Machine } from '../shared/machine.ts';
import { pairwiseRatios, spreadOf, type Spread } from '../trl/statistics.ts';

/** A quarter of the other benchmarks' completions: what an objective adds shows the more, the less the model computes. */
export const completionsMeasured = benchShape.completions / 4;

/** What was measured of an objective: processor seconds of its steps, and of grpo's between them. */
export interface Subject {
  readonly id: string;
  /** Changes to its defaults. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly seconds: readonly number[];
  readonly grpoSeconds: readonly number[];
}

/** Everything that a run of the benchmark measured. */
export interface ObjectiveTimes {
  readonly machine: Machine;
  readonly command: string;
  readonly repetitions: number;
  readonly subjects: readonly Subject[];
}

/** How many times grpo's step an objective's takes. */
export function ratiosOf({ seconds, grpoSeconds }: Subject): Spread {
  return spreadOf(pairwiseRatios(seconds, grpoSeconds));
}

/** The Markdown table. */
export function renderObjectiveTimes({ machine, command, repetitions, subjects }: ObjectiveTimes): string {
  const { completionTokens, promptTokens, rank } = benchShape;
  return [
    `${machine.date.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; \`${command}\`; ` +
      `processor time on one thread, median (least to most) of ${repetitions} repetitions.`,
    '',
    `A training step with each objective beside grpo's, in turn: Qwen2 of 1.59 M parameters, d 192, 4 layers, LoRA of rank ${rank}; ` +
      `${completionsMeasured} completions of ${completionTokens} tokens, prompts of ${promptTokens} tokens. The step alone: scoring ` +
      'completions under a reference policy, which a KL needs, is another forward pass before it. The row of grpo is grpo beside itself, ' +
      'the noise of the measurement: what differs by no more is not told apart.',
    '',
    '| objective | ms | times grpo |',
    '| --- | ---: | ---: |',
    ...subjects.map((subject) => {
      const time = spreadOf(subject.seconds.map((seconds) => seconds * 1000));
      const { median, min, max } = ratiosOf(subject);
      const options = Object.entries(subject.options).map(([name, value]) => ` ${name}: ${String(value)}`);
      const ratio = `**${median.toFixed(2)}** (${min.toFixed(2)} to ${max.toFixed(2)})`;
      return `| ${subject.id}${options.join(',')} | ${time.median.toFixed(0)} | ${ratio} |`;
    }),
  ].join('\n');
}

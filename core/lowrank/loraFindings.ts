import type { ConfigFinding } from '../contracts/plugin.ts';
import type { TargetLayer } from '../contracts/parameter.ts';
import { startOf } from './initialise.ts';
import type { LoraOptions } from './loraOptions.ts';
import { ranksOf } from './lowRankPlan.ts';
import { patternMatches } from './patterns.ts';
import { unusedNames } from './targets.ts';

/** The first layer of which `problem` says something at its rank. */
function firstUnfit(
  config: LoraOptions,
  targets: readonly TargetLayer[],
  problem: (rank: number, layer: TargetLayer) => string | undefined,
): ConfigFinding | undefined {
  const ranks = ranksOf(config, targets);
  for (const [i, layer] of targets.entries()) {
    const rank = ranks[i] ?? config.r;
    const message = problem(rank, layer);
    if (message !== undefined) return { severity: 'error', path: rank === config.r ? 'r' : 'rank_pattern', message };
  }
  return undefined;
}

/** Why a layer cannot have this rank. */
function rankProblem(config: LoraOptions, rank: number, { name, shape }: TargetLayer): string | undefined {
  const { init_lora_weights: start, allow_excess_rank: allowed } = config;
  const most = Math.min(...shape);
  const layer = `${name} [${shape.join(', ')}]`;
  if (start === 'lora_ga' && 2 * rank > most) {
    return `LoRA-GA takes 2 r singular vectors of the gradient; ${layer} has ${most}, so rank ${rank} is too large`;
  }
  if (start === 'orthogonal' && rank % 2 !== 0) {
    return `the orthogonal start halves the rank, so it must be even, not ${rank} as for ${name}`;
  }
  if (rank <= most || (allowed && startOf(start).decomposes !== true)) return undefined;
  return `rank ${rank} is larger than ${layer} allows: at most ${most}`;
}

function unusedPatterns(config: LoraOptions, targets: readonly TargetLayer[]): readonly ConfigFinding[] {
  const layers = targets.map(({ name }) => name);
  return (['rank_pattern', 'alpha_pattern'] as const).flatMap((path) =>
    Object.keys(config[path])
      .filter((pattern) => !patternMatches(pattern, layers).includes(true))
      .map((pattern) => ({ severity: 'warning', path, message: `"${pattern}" matches no adapted layer` }) as const),
  );
}

/** Options of a start that is not the one that is made. */
function unusedStarts(config: LoraOptions): readonly ConfigFinding[] {
  return (['eva', 'corda', 'lora_ga', 'loftq'] as const)
    .filter((start) => config[`${start}_config`] !== undefined && config.init_lora_weights !== start)
    .map((start) => ({
      severity: 'warning',
      path: `${start}_config`,
      message: `it says nothing without init_lora_weights: ${start}`,
    }));
}

/** What is wrong with options of the LoRA family in view of the layers. */
export function loraFindings(config: LoraOptions, targets: readonly TargetLayer[]): readonly ConfigFinding[] {
  const error = firstUnfit(config, targets, (rank, layer) => rankProblem(config, rank, layer));
  return [
    ...(error === undefined ? [] : [error]),
    ...unusedNames(config, targets),
    ...unusedPatterns(config, targets),
    ...unusedStarts(config),
  ];
}

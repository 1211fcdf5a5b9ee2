import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createCatalog } from '../../core/container.ts';
import { loadCheckpoint } from '../../core/model/checkpoint.ts';
import { loadTokenizer } from '../../core/model/tokenizer.ts';
import { configureRuntime } from '../../core/tensor/runtime.ts';
import { evaluatePolicy, type Evaluation } from '../../core/training/evaluate.ts';
import { writeMergedModel } from '../../core/training/exportCheckpoint.ts';
import { createMergedWeights } from '../../core/training/mergedWeights.ts';
import { createPolicy } from '../../core/training/policy.ts';
import { createPromptBuilder } from '../../core/training/prompts.ts';
import { createSampler } from '../../core/training/rollout.ts';
import { plainSampling } from '../../core/training/sampling.ts';
import { train } from '../../core/training/trainer.ts';
import type { TrainerOptions } from '../../core/training/trainerOptions.ts';
import { plugins } from '../../plugins/index.ts';
import { baseSizes, isBaseSize, type BaseSize } from './baseSizes.ts';
import { corpora, isCorpusName, type CorpusName } from './corpus.ts';
import { writeRandomModel } from './randomModel.ts';

/** The recipe; README.md says why. Examples are `steps` batches of `batch`. */
const recipe = {
  seed: 20260101,
  steps: 2400,
  batch: 64,
  learningRate: 2e-3,
  warmup: 100,
  weightDecay: 0.01,
  maxTokens: 48,
  evaluated: 512,
  samples: 8,
} as const;

const usage = `Usage: npm run make-base -- [options]
Makes a tiny base model by supervised fine-tuning from random weights, seeded, and prints its accuracy on held-out problems.

  --size small|base|medium   default base
  --corpus sample|study      what it learns from, default sample
  --out FOLDER               default samples/SIZE, or samples/study/bases/SIZE
  --steps N                  fewer steps than the recipe’s
  --force                    replace the folder
  --missing                  do nothing where the folder holds a model already`;

/** Where the models of each corpus go. */
const corpusFolders: Readonly<Record<CorpusName, string>> = { sample: 'samples', study: 'samples/study/bases' };

await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      size: { type: 'string', default: 'base' },
      corpus: { type: 'string', default: 'sample' },
      out: { type: 'string' },
      steps: { type: 'string' },
      force: { type: 'boolean' },
      missing: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const steps = values.steps === undefined ? recipe.steps : Number(values.steps);
  if (
    values.help === true ||
    !isBaseSize(values.size) ||
    !isCorpusName(values.corpus) ||
    !Number.isSafeInteger(steps) ||
    steps < 1
  ) {
    process.stdout.write(`${usage}\n`);
    process.exitCode = values.help === true ? 0 : 2;
    return;
  }
  // npm runs its scripts in the package's folder.
  const out = path.resolve(values.out ?? path.join(corpusFolders[values.corpus], values.size));
  if (values.missing === true && existsSync(path.join(out, 'recipe.json'))) return;
  if (existsSync(out) && readdirSync(out).length > 0 && values.force !== true) {
    process.stderr.write(`${out} exists. Give --force to replace it, or --out FOLDER.\n`);
    process.exitCode = 2;
    return;
  }
  const start = mkdtempSync(path.join(os.tmpdir(), 'rlvr-base-'));
  try {
    await makeBase(values.size, values.corpus, steps, start, out);
  } finally {
    rmSync(start, { recursive: true, force: true });
  }
}

async function makeBase(
  size: BaseSize,
  corpusName: CorpusName,
  steps: number,
  start: string,
  out: string,
): Promise<void> {
  const corpus = corpora[corpusName];
  configureRuntime({ threads: os.availableParallelism() });
  writeRandomModel(start, baseSizes[size], recipe.seed);
  const catalog = createCatalog(plugins);
  const checkpoint = await loadCheckpoint(start);
  const tokenizer = loadTokenizer(start);
  const adapter = catalog.find('adapter', 'full');
  const optimizer = catalog.find('optimizer', 'adamw');
  const dataset = catalog.find('dataset', corpus.type);
  const data = dataset.config.parse(Object.fromEntries(Object.entries(corpus).filter(([key]) => key !== 'type')));
  const policy = createPolicy(checkpoint, adapter, adapter.config.parse({}), recipe.seed);
  const open = (split: 'train' | 'report', config: unknown) =>
    dataset.open(config, { split, seed: recipe.seed, baseFolder: start });
  const promptOf = createPromptBuilder(tokenizer, {
    template: '{question}',
    chat: true,
    maxPromptTokens: 64,
    contextTokens: checkpoint.config.maxPositionEmbeddings,
    maxCompletionTokens: recipe.maxTokens,
  });
  const reward = catalog.find('reward', 'exact_answer');
  const options: TrainerOptions = {
    checkpoint,
    tokenizer,
    step: {
      policy,
      objective: catalog.find('objective', 'sft'),
      objectiveConfig: {},
      optimizer,
      optimizerConfig: optimizer.config.parse({ betas: [0.9, 0.99], weight_decay: recipe.weightDecay }),
      maxGradNorm: 1,
      oldIsCurrent: true,
    },
    train: await open('train', data),
    promptOf,
    batchSize: recipe.batch,
    generation: {
      groupSize: 1,
      maxTokens: recipe.maxTokens,
      minTokens: 0,
      stopIds: [...tokenizer.eosIds],
      sampling: plainSampling(1),
      rewards: [],
      advantages: { scaleRewards: 'group', aggregation: 'sum_then_normalize' },
      seed: recipe.seed,
    },
    oldLogps: 'unfiltered',
    seed: recipe.seed,
    learningRate: recipe.learningRate,
    schedule: { type: 'cosine', warmup_steps: Math.min(recipe.warmup, Math.floor(steps / 4)), num_cycles: 0.5 },
    steps,
    iterations: 1,
    stepsPerGeneration: 1,
    microBatchTokens: 4096,
    maskTruncated: false,
    reference: 'base',
    checkpointEvery: steps,
    curriculum: { type: 'off' },
    verifier: 0,
    keepsBest: false,
    evaluation: {
      before: false,
      every: 0,
      seed: recipe.seed,
      report: [],
    },
  };
  const started = performance.now();
  const { state } = await train(
    options,
    {
      onDidProgress: () => undefined,
      onDidCheck: () => undefined,
      onDidEvaluate: () => undefined,
      onDidGenerate: () => undefined,
      onDidStep: (step, metrics) => {
        if (step % 50 === 0 || step === steps) report(step, steps, metrics, started);
      },
      onDidReachCheckpoint: () => Promise.resolve(),
    },
    new AbortController().signal,
  );
  const merged = await createMergedWeights(checkpoint, policy);
  const feeds = await merged.feeds(state);
  const sampler = createSampler(checkpoint.config);
  const families: Record<string, unknown> = {};
  for (const family of new Set<string>(corpus.families)) {
    const source = await open('report', { ...(data as object), families: [family] });
    const prompts = Array.from({ length: recipe.evaluated }, (_, index) => promptOf(source.problem(index)));
    const measured = await evaluatePolicy(sampler, feeds, tokenizer, prompts, reward.create(reward.config.parse({})), {
      samples: recipe.samples,
      temperature: 1,
      topP: 1,
      seed: recipe.seed,
      maxCompletionTokens: recipe.maxTokens,
      stopIds: [...tokenizer.eosIds],
    });
    families[family] = printAccuracy(family, measured);
  }
  rmSync(out, { recursive: true, force: true });
  mkdirSync(path.dirname(out), { recursive: true });
  writeMergedModel(out, start, checkpoint, await merged.of(state));
  writeFileSync(
    path.join(out, 'recipe.json'),
    `${JSON.stringify({ size, ...recipe, steps, corpus, accuracy: families }, undefined, 2)}\n`,
  );
  process.stdout.write(`Written to ${out}\n`);
  await Promise.all([merged.release(), sampler.release()]);
}

function report(step: number, steps: number, metrics: Readonly<Record<string, number>>, started: number): void {
  const seconds = (performance.now() - started) / 1000;
  const left = (seconds / step) * (steps - step);
  process.stdout.write(
    `step ${step}/${steps}  cross-entropy ${metrics['cross_entropy']?.toFixed(4)}  ${Math.round(seconds)} s, ${Math.round(left)} s left\n`,
  );
}

function printAccuracy(
  family: string,
  { accuracy, low, high, problems, samples, passes }: Evaluation,
): Record<string, unknown> {
  const last = passes.at(-1)?.value ?? NaN;
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  process.stdout.write(
    `${family}: pass@1 ${percent(accuracy)} (95 % interval ${percent(low)} to ${percent(high)}), ` +
      `pass@${samples} ${percent(last)}; ${problems} held-out problems x ${samples}\n`,
  );
  return { problems, samples, passAt1: accuracy, low, high, passAt8: last };
}

import { z } from 'zod';
import type { Reward, RewardFunction, RewardSample, RewardScore } from '../../../core/contracts/reward.ts';
import {
  nodeInterpreter,
  pythonInterpreter,
  sandboxLanguages,
  type Interpreter,
  type SandboxLanguage,
} from '../../../core/sandbox/languages.ts';
import { excerpt } from '../../../core/verifier/excerpt.ts';
import { lastCodeBlock } from './codeBlock.ts';
import { parseCodeReference } from './codeReference.ts';
import { demandIsolation } from './demandIsolation.ts';
import { testProblem, type TestRun } from './runTest.ts';

const schema = z.strictObject({
  language: z.enum(sandboxLanguages).default('python').describe('Of programs whose reference does not say'),
  score: z
    .enum(['all', 'share'])
    .default('all')
    .describe('1 where all tests pass, else 0; or the share of tests that pass'),
  exact_output: z
    .boolean()
    .default(false)
    .describe('Whether white space at the end of lines and of the output must be as in the test'),
  cpu_seconds: z.number().positive().max(3600).default(4).describe('Processor time of a test'),
  wall_seconds: z.number().positive().max(3600).default(20).describe('Time of a test from start to end'),
  memory_mb: z.int().min(16).max(65_536).default(256).describe('Memory of a test, interpreter aside'),
  output_kb: z.int().min(1).max(65_536).default(256).describe('What a test may print, errors included'),
  file_mb: z.int().min(1).max(4096).default(16).describe('What a test may write to its folder'),
  processes: z.int().min(12).max(1024).default(32).describe('Processes and threads of a test; Node.js has 11 threads'),
  network: z
    .enum(['none', 'allowed'])
    .default('none')
    .describe('none: programs have no network, or the reward refuses to start'),
  python: z.string().min(1).default('python3').describe('Command of the interpreter'),
});

type Config = z.output<typeof schema>;

function limitsOf(config: Config): TestRun['limits'] {
  const megabyte = 2 ** 20;
  return {
    cpuSeconds: config.cpu_seconds,
    wallSeconds: config.wall_seconds,
    memoryBytes: config.memory_mb * megabyte,
    outputBytes: config.output_kb * 1024,
    processes: config.processes,
    fileBytes: config.file_mb * megabyte,
  };
}

async function judge(
  config: Config,
  sample: RewardSample,
  run: Omit<TestRun, 'interpreter' | 'setup'>,
): Promise<RewardScore> {
  const reference = parseCodeReference(sample.reference);
  if (reference === undefined) {
    const trace = `the reference ${excerpt(sample.reference)} is no JSON with tests: sample masked`;
    return { value: undefined, trace };
  }
  const { tests, setup, language = config.language } = reference;
  const code = lastCodeBlock(sample.completion, language);
  if (code === undefined) return { value: 0, trace: `no program found (looked for: last \`\`\`${language} block)` };
  const interpreter = interpreterOf(language, config);
  let passed = 0;
  let first: string | undefined;
  for (const [i, test] of tests.entries()) {
    const problem = await testProblem(code, test, { ...run, interpreter, setup });
    if (problem === undefined) passed++;
    else first ??= `test ${i + 1}: ${problem}`;
    if (problem !== undefined && config.score === 'all') break;
  }
  const isRight = first === undefined;
  return {
    value: config.score === 'all' ? Number(isRight) : passed / tests.length,
    ...(config.score === 'all' ? {} : { components: { passed, tests: tests.length } }),
    trace: isRight ? `passes all ${tests.length} tests` : (first ?? ''),
  };
}

function interpreterOf(language: SandboxLanguage, { python }: Config): Interpreter {
  return language === 'python' ? pythonInterpreter(python) : nodeInterpreter();
}

/**
 * 1 where the program in the completion's last code block passes the reference's tests, else 0, or the share that passes. Each test is a
 * process of its own, without network and within limits (`core/sandbox`). The reference is JSON (`codeReference.ts`): tests of standard
 * input and output, or assertions that run after the program.
 */
export const code: Reward<Config> = {
  id: 'code',
  summary: 'The program in the last code block passes the reference’s tests; Python or JavaScript, in a sandbox',
  source: 'this project; references also as in APPS (arXiv 2105.09938) and MBPP (arXiv 2108.07732)',
  isVerifier: true,
  config: schema,
  create(config): RewardFunction {
    const isolation = demandIsolation(config.network);
    // What is missing shows before anything starts, where it is known that it will be needed.
    if (config.language === 'python') pythonInterpreter(config.python);
    const run = { isolation, limits: limitsOf(config), exactOutput: config.exact_output };
    return Object.assign((sample: RewardSample) => judge(config, sample, run), { limitsItself: true });
  },
};

import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Adapter } from '../../core/contracts/adapter.ts';
import type { PluginSet } from '../../core/contracts/pluginCatalog.ts';
import type { Preset } from '../../core/contracts/preset.ts';
import type { Verdict } from '../../core/conformance/behaviour.ts';
import { placeInWords } from '../../core/conformance/behaviour.ts';
import type { JudgedPlugin, Judgement } from '../../core/conformance/judgePlugin.ts';
import { judgePlugin } from '../../core/conformance/judgePlugin.ts';
import { RlvrError, messageOf } from '../../core/errors.ts';
import { readYaml } from '../../core/experiment/readYaml.ts';
import { presetAdapter } from '../../core/presetAdapter.ts';
import { configureRuntime } from '../../core/tensor/runtime.ts';
import type { CommandContext } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import type { Terminal } from '../terminal.ts';
import { writeJson, writeLine } from '../terminal.ts';
import type { LoadedPlugin } from './loadPlugin.ts';
import { loadPlugin, pluginPatience } from './loadPlugin.ts';
import { tellWatcher, watched } from './watch.ts';
import { importTests } from './importTests.ts';

/** Options of `rlvr plugin test`. */
export interface TestPluginOptions {
  readonly options?: string;
  readonly verbose?: boolean;
}

interface TestedPlugin {
  readonly kind: string;
  readonly id: string;
  readonly judgements: readonly Judgement[];
}

/** The whole of a behaviour may take longer than one call of the plugin. */
const behaviourPatience = 10;

/**
 * `rlvr plugin test FILE`: judges the plugins of a file, from wherever it lies, by the conformance suite of their kind, then runs the tests
 * in `NAME.test.ts` beside it. Exit code 1 where something fails.
 */
export async function testPlugin(
  context: CommandContext,
  written: string,
  options: TestPluginOptions,
): Promise<number> {
  const file = path.resolve(context.cwd, written);
  if (!existsSync(file)) throw new RlvrError('plugin/unreadable', `There is no file ${written}.`, { file });
  configureRuntime({ threads: 1 });
  const loaded = await loadPlugin(file);
  const { plugins } = await import('../../plugins/index.ts');
  const tested: TestedPlugin[] = [];
  for (const each of loaded) tested.push(await testOne(each, plugins, options));
  const own = await ownTests(file);
  if (own.length > 0)
    tested.push({ kind: 'tests', id: path.basename(testFileOf(file)), judgements: [{ options: {}, verdicts: own }] });
  return report(context, tested, options.verbose === true);
}

async function testOne(
  { kind, plugin, file }: LoadedPlugin,
  plugins: PluginSet,
  given: TestPluginOptions,
): Promise<TestedPlugin> {
  const judged =
    kind === 'preset'
      ? { kind: 'adapter', plugin: presetAdapter(plugin as unknown as Preset, plugins.adapters) }
      : { kind, plugin };
  const own = judged.kind === 'adapter' ? [judged.plugin as Adapter] : [];
  const objective = plugins.objectives.find(({ requirements, config }) => {
    const parsed = config.safeParse({});
    return parsed.success && !requirements(parsed.data).rollouts;
  });
  if (objective === undefined)
    throw new RlvrError('plugin/failed', 'There is no objective for supervised fine-tuning to judge adapters with.');
  const name = `${judged.kind} "${plugin.id}"`;
  const judgements = await judgePlugin(judged as JudgedPlugin, {
    readers: [...own, ...plugins.adapters],
    objective,
    optimizers: [...plugins.optimizers].sort((a, b) => Number(b.id === 'sgd') - Number(a.id === 'sgd')),
    baseFolder: path.dirname(file),
    ...(given.options === undefined
      ? {}
      : { options: readYaml(given.options, '--options').data as Record<string, unknown> }),
    onCall: (place) => {
      tellWatcher(
        place === undefined ? undefined : { task: upperFirst(placeInWords(place)), seconds: pluginPatience() },
      );
    },
    onWillJudge: (behaviour) => {
      tellWatcher({
        task: `${upperFirst(name)}, whether it ${behaviour},`,
        seconds: behaviourPatience * pluginPatience(),
      });
    },
  });
  tellWatcher(undefined);
  return { kind: judged.kind, id: plugin.id, judgements };
}

/** The file with a plugin's own tests. */
function testFileOf(file: string): string {
  return file.replace(/\.(m?[jt]s)$/, '.test.$1');
}

async function ownTests(file: string): Promise<readonly Verdict[]> {
  const tests = testFileOf(file);
  if (!existsSync(tests)) return [];
  const verdicts: Verdict[] = [];
  for (const [name, run] of Object.entries(await importTests(tests))) {
    const task = {
      task: `The test "${name}" of ${path.basename(tests)}`,
      seconds: behaviourPatience * pluginPatience(),
    };
    try {
      await watched(task, async () => run());
      verdicts.push({ behaviour: name, outcome: 'passed' });
    } catch (error) {
      verdicts.push({ behaviour: name, outcome: 'failed', problem: messageOf(error) });
    }
  }
  return verdicts;
}

function report({ terminal, json }: CommandContext, tested: readonly TestedPlugin[], isVerbose: boolean): number {
  const verdicts = tested.flatMap(({ judgements }) => judgements.flatMap((judgement) => judgement.verdicts));
  const failed = verdicts.filter(({ outcome }) => outcome === 'failed').length;
  const passed = verdicts.filter(({ outcome }) => outcome === 'passed').length;
  const code = failed === 0 ? exitCodes.success : exitCodes.failure;
  if (json) {
    writeJson(terminal, tested);
    return code;
  }
  for (const { kind, id, judgements } of tested) {
    for (const { options, verdicts: own } of judgements) {
      const done = own.filter(({ outcome }) => outcome === 'passed').length;
      const config = Object.keys(options).length === 0 ? '' : ` ${JSON.stringify(options)}`;
      writeLine(terminal, `${kind} ${id}${config}: ${done} of ${own.length} passed`);
      for (const verdict of own.filter(({ outcome }) => outcome === 'failed' || isVerbose))
        writeVerdict(terminal, verdict);
      const open = own.filter(({ outcome }) => outcome === 'not judged').length;
      if (open > 0) writeLine(terminal, `  ${open} more are not judged, because they build on it`);
    }
  }
  writeLine(terminal, `${passed} passed, ${failed} failed`);
  return code;
}

function writeVerdict(terminal: Terminal, { behaviour, outcome, problem }: Verdict): void {
  const colour = outcome === 'passed' ? 'green' : outcome === 'failed' ? 'red' : 'dim';
  writeLine(terminal, `  ${terminal.style(colour, outcome)}  ${behaviour}`);
  if (problem !== undefined) writeLine(terminal, `    ${problem}`);
}

function upperFirst(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseAdapter } from '../../cli/chooseAdapter.ts';
import { createCatalog } from '../../core/container.ts';
import type { Adapter } from '../../core/contracts/adapter.ts';
import type { ParameterCount } from '../../core/exchange/countParameters.ts';
import { countParameters } from '../../core/exchange/countParameters.ts';
import { chosenPlugin } from '../../core/experiment/pluginChoices.ts';
import { readModelConfigFile } from '../../core/model/modelConfig.ts';
import { createPolicy, trainableCount } from '../../core/training/policy.ts';
import { plugins } from '../../plugins/index.ts';
import { tinyCheckpoint } from '../model/tinyCheckpoint.ts';

const catalog = createCatalog(plugins);
const model = readModelConfigFile(path.join(import.meta.dirname, 'deepseek-r1-distill-qwen-1.5b.config.json'));
const seven = 'target_modules=[q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj]';
const queryValue = 'target_modules=[q_proj, v_proj]';

function count(type: string, ...settings: string[]): ParameterCount {
  const { plugin, config } = chosenPlugin(catalog, 'adapter', chooseAdapter(type, settings, catalog));
  return countParameters(model, plugin, config);
}

describe('parameters trained in DeepSeek-R1-Distill-Qwen-1.5B', () => {
  it.each([
    ['lora', ['r=32', seven], 36_929_536],
    ['dora', ['r=32', seven], 37_574_656],
    ['lorafa', ['r=32', seven], 20_643_840],
    ['miss', ['r=64', queryValue], 3_211_264],
    ['miss', ['r=64', seven], 41_287_680],
    ['vera', ['r=32', queryValue], 51_968],
    ['lora_rank1', [seven], 1_154_048],
    ['lora', ['r=1', seven], 1_154_048],
    ['ia3', ['target_modules=[q_proj, v_proj, down_proj]', 'feedforward_modules=[down_proj]'], 301_056],
    ['ln_tuning', ['target_modules=[post_attention_layernorm]'], 43_008],
    ['full', [], 1_777_088_000],
  ] as const)('%s %j', (type, settings, expected) => {
    const { trained, base, modules, shared } = count(type, ...settings);
    expect({ trained, base }).toEqual({ trained: expected, base: 1_777_088_000 });
    expect(modules.reduce((sum, { parameters }) => sum + parameters, shared)).toBe(expected);
  });

  it('gives the share of the base and, as PEFT prints it, of base and adapter', () => {
    const { shareOfBase, shareOfAll, modules } = count('lora', 'r=32', seven);
    expect([shareOfBase, shareOfAll].map((share) => (100 * share).toFixed(3))).toEqual(['2.078', '2.036']);
    expect(modules).toContainEqual({ module: 'k_proj', layers: 28, parameters: 28 * 32 * (1536 + 256) });
    expect(count('full').shareOfAll).toBe(1);
  });
});

it.each(catalog.all('adapter').filter(isUncalibrated))(
  '$id: shapes without weights are those with weights',
  (adapter) => {
    const config = adapter.config.parse(exampleOf(adapter));
    expect(countParameters(tinyCheckpoint.config, adapter, config).trained).toBe(
      trainableCount(createPolicy(tinyCheckpoint, adapter, config, 1)),
    );
  },
);

/** The first of the method's own examples. */
function exampleOf({ examples = [] }: Adapter): Readonly<Record<string, unknown>> {
  return examples[0] ?? {};
}

function isUncalibrated(adapter: Adapter): boolean {
  return adapter.calibration?.(adapter.config.parse(exampleOf(adapter))) === undefined;
}

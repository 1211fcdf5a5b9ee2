import type { PluginSet } from '../core/contracts/pluginCatalog.ts';
import { full } from './adapters/full.ts';
import { lora } from './adapters/lora.ts';
import { adapterNorms } from './analyzers/adapterNorms.ts';
import { effectiveRank } from './analyzers/effectiveRank.ts';
import { energy } from './analyzers/energy.ts';
import { intruders } from './analyzers/intruders.ts';
import { rotation } from './analyzers/rotation.ts';
import { spectrum } from './analyzers/spectrum.ts';
import { updateSize } from './analyzers/updateSize.ts';
import { arithmetic } from './datasets/arithmetic/arithmetic.ts';
import { countdown as countdownDataset } from './datasets/countdown.ts';
import { jsonl } from './datasets/jsonl/jsonl.ts';
import { embedded } from './engines/embedded/embedded.ts';
import { bnpo } from './objectives/bnpo.ts';
import { dapo } from './objectives/dapo.ts';
import { drGrpo } from './objectives/drGrpo.ts';
import { grpo } from './objectives/grpo.ts';
import { sft } from './objectives/sft.ts';
import { adamw } from './optimizers/adamw.ts';
import { sgd } from './optimizers/sgd.ts';
import { cosineScaled } from './rewards/cosineScaled.ts';
import { countdown as countdownReward } from './rewards/countdown.ts';
import { rslora } from './presets/rslora.ts';
import { exactAnswer } from './rewards/exactAnswer.ts';
import { format } from './rewards/format.ts';
import { repetitionPenalty } from './rewards/repetitionPenalty.ts';
import { softOverlong } from './rewards/softOverlong.ts';

/** Every plugin of this package. A new plugin is one new file and one line here. */
export const plugins: PluginSet = {
  adapters: [lora, full],
  presets: [rslora],
  rewards: [exactAnswer, format, countdownReward, softOverlong, repetitionPenalty, cosineScaled],
  optimizers: [adamw, sgd],
  objectives: [dapo, grpo, drGrpo, bnpo, sft],
  analyzers: [spectrum, updateSize, effectiveRank, energy, rotation, intruders, adapterNorms],
  datasets: [arithmetic, countdownDataset, jsonl],
  engines: [embedded],
};

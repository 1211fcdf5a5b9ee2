import type { PluginSet } from '../core/contracts/pluginCatalog.ts';
import { adalora } from './adapters/adalora/adalora.ts';
import { dora } from './adapters/dora.ts';
import { full } from './adapters/full.ts';
import { hra } from './adapters/hra.ts';
import { ia3 } from './adapters/ia3.ts';
import { lnTuning } from './adapters/lnTuning.ts';
import { lora } from './adapters/lora.ts';
import { miss } from './adapters/miss.ts';
import { sliceFine } from './adapters/sliceFine/sliceFine.ts';
import { vera } from './adapters/vera.ts';
import { adapterNorms } from './analyzers/adapterNorms.ts';
import { effectiveRank } from './analyzers/effectiveRank.ts';
import { energy } from './analyzers/energy.ts';
import { intruders } from './analyzers/intruders.ts';
import { rotation } from './analyzers/rotation.ts';
import { spectrum } from './analyzers/spectrum.ts';
import { updateSize } from './analyzers/updateSize.ts';
import { aime2024 } from './datasets/aime2024.ts';
import { aime2025 } from './datasets/aime2025.ts';
import { amc2023 } from './datasets/amc2023.ts';
import { arithmetic } from './datasets/arithmetic/arithmetic.ts';
import { countdown as countdownDataset } from './datasets/countdown.ts';
import { dapoMath17k } from './datasets/dapoMath17k.ts';
import { gsm8k } from './datasets/gsm8k.ts';
import { hmmt2025 } from './datasets/hmmt2025.ts';
import { hub } from './datasets/hub.ts';
import { jsonl } from './datasets/jsonl.ts';
import { math500 } from './datasets/math500.ts';
import { minerva } from './datasets/minerva.ts';
import { modular } from './datasets/modular.ts';
import { parquet } from './datasets/parquet.ts';
import { sorting } from './datasets/sorting.ts';
import { embedded } from './engines/embedded/embedded.ts';
import { bnpo } from './objectives/bnpo.ts';
import { cispo } from './objectives/cispo.ts';
import { clipCov } from './objectives/clipCov.ts';
import { dapo } from './objectives/dapo.ts';
import { drGrpo } from './objectives/drGrpo.ts';
import { dualClip } from './objectives/dualClip.ts';
import { geoMean } from './objectives/geoMean.ts';
import { gpg } from './objectives/gpg.ts';
import { grpo } from './objectives/grpo.ts';
import { gspo } from './objectives/gspo.ts';
import { klCov } from './objectives/klCov.ts';
import { luspo } from './objectives/luspo.ts';
import { reinforcePlusPlus } from './objectives/reinforcePlusPlus.ts';
import { rloo } from './objectives/rloo.ts';
import { sapo } from './objectives/sapo.ts';
import { sft } from './objectives/sft.ts';
import { vespo } from './objectives/vespo.ts';
import { adafactor } from './optimizers/adafactor.ts';
import { adam } from './optimizers/adam.ts';
import { adamw } from './optimizers/adamw.ts';
import { hfAdafactor } from './optimizers/hfAdafactor.ts';
import { lion } from './optimizers/lion.ts';
import { lorafa as lorafaOptimizer } from './optimizers/lorafa.ts';
import { loraplus as loraplusOptimizer } from './optimizers/loraplus.ts';
import { muon } from './optimizers/muon.ts';
import { riemannian } from './optimizers/riemannian.ts';
import { rmsprop } from './optimizers/rmsprop.ts';
import { sgd } from './optimizers/sgd.ts';
import { code } from './rewards/code/code.ts';
import { cosineScaled } from './rewards/cosineScaled.ts';
import { countdown as countdownReward } from './rewards/countdown.ts';
import { corda } from './presets/corda.ts';
import { eva } from './presets/eva.ts';
import { loftq } from './presets/loftq.ts';
import { loraGa } from './presets/loraGa.ts';
import { loraRank1 } from './presets/loraRank1.ts';
import { lorafa } from './presets/lorafa.ts';
import { loraplus } from './presets/loraplus.ts';
import { milora } from './presets/milora.ts';
import { miloraplus } from './presets/miloraplus.ts';
import { olora } from './presets/olora.ts';
import { orthogonal } from './presets/orthogonal.ts';
import { pissa } from './presets/pissa.ts';
import { rlmo } from './presets/rlmo.ts';
import { rlpo } from './presets/rlpo.ts';
import { rslora } from './presets/rslora.ts';
import { accuracy } from './rewards/accuracy.ts';
import { exactAnswer } from './rewards/exactAnswer.ts';
import { format } from './rewards/format.ts';
import { reasoningAccuracy } from './rewards/reasoningAccuracy.ts';
import { functionReward } from './rewards/function.ts';
import { repetitionPenalty } from './rewards/repetitionPenalty.ts';
import { softOverlong } from './rewards/softOverlong.ts';

/** Every plugin of this package. A new plugin is one new file and one line here. */
export const plugins: PluginSet = {
  adapters: [lora, dora, full, adalora, miss, vera, ia3, lnTuning, hra, sliceFine],
  presets: [
    rslora,
    loraplus,
    lorafa,
    loraRank1,
    pissa,
    milora,
    miloraplus,
    olora,
    orthogonal,
    eva,
    loraGa,
    corda,
    loftq,
    rlpo,
    rlmo,
  ],
  rewards: [
    exactAnswer,
    format,
    countdownReward,
    softOverlong,
    repetitionPenalty,
    cosineScaled,
    code,
    functionReward,
    accuracy,
    reasoningAccuracy,
  ],
  optimizers: [
    adamw,
    sgd,
    loraplusOptimizer,
    lorafaOptimizer,
    adam,
    lion,
    muon,
    adafactor,
    hfAdafactor,
    rmsprop,
    riemannian,
  ],
  objectives: [
    dapo,
    grpo,
    drGrpo,
    bnpo,
    gspo,
    luspo,
    cispo,
    sapo,
    vespo,
    rloo,
    reinforcePlusPlus,
    geoMean,
    dualClip,
    clipCov,
    klCov,
    gpg,
    sft,
  ],
  analyzers: [spectrum, updateSize, effectiveRank, energy, rotation, intruders, adapterNorms],
  datasets: [
    arithmetic,
    countdownDataset,
    modular,
    sorting,
    jsonl,
    parquet,
    hub,
    dapoMath17k,
    gsm8k,
    math500,
    aime2024,
    aime2025,
    amc2023,
    minerva,
    hmmt2025,
  ],
  engines: [embedded],
};

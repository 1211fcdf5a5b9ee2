import type { CalibrationRequest } from '../contracts/adapter.ts';
import type { Initialisation } from './initialisation.ts';
import { cordaStart } from './starts/cordaStart.ts';
import { evaStart } from './starts/evaStart.ts';
import { loftqStart } from './starts/loftqStart.ts';
import { loraGaStart } from './starts/loraGaStart.ts';
import { gaussianStart, nonzeroStart, oloraStart, orthogonalStart, uniformStart } from './starts/randomStart.ts';
import { randomizedTripletStart, rowsStart, tripletStart } from './starts/singularStart.ts';
import type { LowRankFactors, StartContext } from './starts/startContext.ts';

/** A way to start A and B, and what it means for the frozen weight. */
export interface LowRankStart {
  readonly factors: (context: StartContext) => LowRankFactors;
  /** The frozen weight becomes W - s B A, so that the layer starts as it was; a copy of A and B is kept. */
  readonly subtractsStart?: true;
  /** Its factors are cut out of a decomposition of the weight, which has no more than min(out, in) of them. */
  readonly decomposes?: true;
  /** The layer does not start as the base: B A is not zero, or the frozen weight is another. */
  readonly changesLayer?: true;
  /** The frozen weight is another in a way that no B A undoes. */
  readonly replacesWeight?: true;
  readonly calibration?: CalibrationRequest['kind'];
  /** Whether PEFT has it: its name is then written to `adapter_config.json`. */
  readonly inPeft?: true;
}

type NamedStart = Exclude<Initialisation, boolean | `pissa_niter_${string}`>;

const subtracted = { subtractsStart: true, decomposes: true, inPeft: true } as const;

const starts: Readonly<Record<NamedStart, LowRankStart>> = {
  gaussian: { factors: gaussianStart, inPeft: true },
  orthogonal: { factors: orthogonalStart, inPeft: true },
  olora: { factors: oloraStart, ...subtracted },
  pissa: { factors: (context) => tripletStart('principal', context), ...subtracted },
  milora: { factors: (context) => tripletStart('minor', context), subtractsStart: true, decomposes: true },
  miloraplus: { factors: (context) => rowsStart('minor', context), decomposes: true },
  rlpo: { factors: (context) => rowsStart('principal', context), decomposes: true },
  rlmo: { factors: (context) => rowsStart('minor', context), decomposes: true },
  eva: { factors: evaStart, calibration: 'activations', inPeft: true },
  lora_ga: { factors: loraGaStart, ...subtracted, calibration: 'gradients' },
  corda: { factors: cordaStart, ...subtracted, calibration: 'activations' },
  loftq: { factors: loftqStart, decomposes: true, changesLayer: true, replacesWeight: true, inPeft: true },
};

/** The start that a value of `init_lora_weights` names. */
export function startOf(name: Initialisation): LowRankStart {
  if (name === true) return { factors: uniformStart, inPeft: true };
  if (name === false) return { factors: nonzeroStart, changesLayer: true, inPeft: true };
  if (!name.startsWith('pissa_niter_')) return starts[name as NamedStart];
  const iterations = Number(name.slice('pissa_niter_'.length));
  return { factors: (context) => randomizedTripletStart(iterations, context), ...subtracted };
}

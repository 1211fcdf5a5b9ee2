import type { LayerCalibration } from '../../contracts/adapter.ts';
import type { RandomNumbers } from '../../contracts/randomNumbers.ts';
import { RlvrError } from '../../errors.ts';
import type { StartSettings } from '../initialisation.ts';

/** All that a start may look at. */
export interface StartContext {
  /** The layer's name, for errors. */
  readonly layer: string;
  /** [out, in] */
  readonly shape: readonly [out: number, inputs: number];
  readonly rank: number;
  /** s of W + s B A. */
  readonly scaling: number;
  /** The base weight, row-major; never written to. */
  readonly weight: Float32Array;
  readonly random: RandomNumbers;
  readonly settings: StartSettings;
  readonly calibration?: LayerCalibration;
}

/** A [rank, in] and B [out, rank], row-major. */
export interface LowRankFactors {
  readonly a: Float32Array;
  readonly b: Float32Array;
  /** A frozen weight in place of the base's that is not W - s B A (LoftQ's quantised one). */
  readonly frozen?: Float32Array;
}

/**
 * The calibration of a layer, which the engine collects before anything starts.
 *
 * @throws RlvrError `adapter/invalid` where there is none, or where it does not fit the layer
 */
export function calibrationOf(
  context: StartContext,
  kind: LayerCalibration['kind'],
  columns: number,
): LayerCalibration {
  const { calibration, layer, settings } = context;
  const start = JSON.stringify(settings.init_lora_weights);
  if (calibration?.kind !== kind) {
    throw new RlvrError('adapter/invalid', `init_lora_weights ${start} needs ${kind} of ${layer}; there are none.`, {
      layer,
      kind,
    });
  }
  if (calibration.values.length === 0 || calibration.values.length % columns !== 0) {
    const found = `${calibration.values.length} values, which are no rows of ${columns}`;
    throw new RlvrError('adapter/invalid', `The ${kind} of ${layer} are ${found}.`, { layer, kind });
  }
  return calibration;
}

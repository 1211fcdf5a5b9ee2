import type { CalibrationRequest } from '../contracts/adapter.ts';
import { startOf } from './initialise.ts';
import type { LoraOptions } from './loraOptions.ts';

/** Batches that a start looks at where the options do not say. */
const BATCHES = 8;

/** The calibration that the chosen start wants, if any. */
export function calibrationRequest({
  init_lora_weights: start,
  calibration_batches: batches = BATCHES,
}: LoraOptions): CalibrationRequest | undefined {
  const { calibration } = startOf(start);
  return calibration === undefined ? undefined : { kind: calibration, batches };
}

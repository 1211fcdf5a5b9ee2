import type { Adapter } from '../../../core/contracts/adapter.ts';
import type { Checkpoint } from '../../../core/model/checkpoint.ts';
import { adapterTargets } from '../../../core/training/adapterTargets.ts';
import { collectCalibration } from '../../../core/training/calibration.ts';
import type { CalibrationText } from '../../../core/training/calibrationData.ts';
import { createPolicy, type Policy } from '../../../core/training/policy.ts';
import { startingPolicy } from '../../../core/training/startingPolicy.ts';
import { restorePolicy, type StoredPolicy } from '../../../core/training/storedPolicy.ts';
import { readTrainingState } from '../../../core/training/trainingState.ts';

/** A start that is not the base. */
export interface PreparedStart {
  /** Holds the values. */
  readonly folder: string;
  /** Where they come from, in words. */
  readonly origin: string;
}

/** What is there before a run is prepared. */
export interface PrepareOptions {
  /** Where it starts, when that is not the base. */
  readonly start?: PreparedStart | undefined;
  /** The policy of the checkpoint that it goes on from; nothing is then planned or drawn. */
  readonly resumed?: StoredPolicy | undefined;
  /** Stops calibration and downloads. */
  readonly signal?: AbortSignal | undefined;
  readonly onDidCalibrate?: ((done: number, total: number) => void) | undefined;
  /** Told while data are fetched, in bytes. */
  readonly onDidDownload?: ((done: number, total: number) => void) | undefined;
}

/** What a policy is made of. */
export interface PolicyParts {
  readonly checkpoint: Checkpoint;
  readonly adapter: { readonly plugin: Adapter; readonly config: unknown };
  readonly text: CalibrationText;
  readonly seed: number;
}

/** A policy, and the hash of the calibration that it was made from. */
export interface PreparedPolicy {
  readonly policy: Policy;
  readonly calibrationHash?: string;
}

/** The policy of a checkpoint, one that starts where another training ended, or a new one, which may need calibration first. */
export async function preparePolicy(
  { checkpoint, adapter, text, seed }: PolicyParts,
  { start, resumed, signal, onDidCalibrate }: PrepareOptions,
): Promise<PreparedPolicy> {
  const { plugin, config } = adapter;
  const model = checkpoint.config;
  if (resumed !== undefined) return { policy: restorePolicy(model, plugin, config, resumed) };
  if (start !== undefined) {
    return { policy: startingPolicy(model, plugin, config, readTrainingState(start.folder), start.origin) };
  }
  const request = plugin.calibration?.(config);
  if (request === undefined) return { policy: createPolicy(checkpoint, plugin, config, seed) };
  const targets = adapterTargets(plugin, config, model);
  const options = { request, targets, seed, signal, onDidProgress: onDidCalibrate };
  const { layers, hash } = await collectCalibration(checkpoint, text, options);
  return { policy: createPolicy(checkpoint, plugin, config, seed, layers), calibrationHash: hash };
}

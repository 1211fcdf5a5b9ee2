import type { Objective } from '../../../core/contracts/objective.ts';
import type { LossBatch, LossResult } from '../../../core/conformance/objectiveBench.ts';
import { lossOutputs, lossResult, scalarsOf, tokenTensors } from '../../../core/conformance/objectiveBench.ts';
import { tf } from '../../../core/tensor/tf.ts';

/** Runs a loss eagerly on the current backend. */
export function runEagerly(
  objective: Objective,
  config: unknown,
  batch: LossBatch,
  state: Readonly<Record<string, number>> = {},
): LossResult {
  let result: LossResult | undefined;
  tf.tidy(() => {
    const tensors = Object.fromEntries<tf.Tensor>([
      ...[...scalarsOf(batch, state)].map(([name, value]) => [name, tf.scalar(value)] as const),
      ...tokenTensors.map((name) => [name, tf.tensor2d(batch[name], [batch.rows, batch.columns])] as const),
      ['advantages', tf.tensor1d(batch.advantages)] as const,
      ...(batch.tokenAdvantages === undefined
        ? []
        : [['tokenAdvantages', tf.tensor2d(batch.tokenAdvantages, [batch.rows, batch.columns])] as const]),
    ]);
    const outputs = lossOutputs(objective, config, tensors);
    result = lossResult(
      Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, tensor.dataSync<'float32'>()])),
    );
    tf.dispose(outputs);
  });
  if (result === undefined) throw new TypeError('nothing was run');
  return result;
}

import type { Adapter, CalibrationRequest, LayerCalibration, LayerTensors } from '../contracts/adapter.ts';
import type { TargetLayer } from '../contracts/parameter.ts';
import { randomStream } from '../tensor/random.ts';
import type { tf } from '../tensor/tf.ts';

const rowsOfBatch = 24;
const mostBatches = 4;

/**
 * An adapter as the suite attaches it: with calibration data of the suite's own, made of random numbers, and without dropout, so that what
 * it computes is one function.
 */
export function preparedAdapter(adapter: Adapter): Adapter {
  const { calibration: _calibration, usesDropout: _usesDropout, forward, ...rest } = adapter;
  const request = (config: unknown): CalibrationRequest | undefined => adapter.calibration?.(config);
  const requests = new Map<string, CalibrationRequest>();
  return {
    ...rest,
    plan: (config, targets, random) => {
      const wanted = request(config);
      requests.clear();
      if (wanted === undefined) return adapter.plan(config, targets, random);
      for (const { name } of targets) requests.set(name, wanted);
      return adapter.plan(
        config,
        targets,
        random,
        new Map(targets.map((layer) => [layer.name, calibrationOf(layer, wanted)])),
      );
    },
    attach: (context) => {
      const wanted = requests.get(context.layer.name);
      return adapter.attach(
        wanted === undefined ? context : { ...context, calibration: calibrationOf(context.layer, wanted) },
      );
    },
    ...(forward === undefined
      ? {}
      : {
          forward: (layer: LayerTensors<unknown>, x: tf.Tensor2D) =>
            forward.call(adapter, { ...layer, dropout: (input) => input }, x),
        }),
  };
}

function calibrationOf({ name, shape }: TargetLayer, { kind, batches }: CalibrationRequest): LayerCalibration {
  const [out = 0, inputs = 0] = shape;
  const random = randomStream(21, 'calibration', name);
  if (kind === 'gradients') return { kind, values: random.normals(out * inputs) };
  const count = Math.max(1, Math.min(batches, mostBatches));
  return {
    kind,
    values: random.normals(count * rowsOfBatch * inputs),
    batchRows: Array.from({ length: count }, () => rowsOfBatch),
  };
}

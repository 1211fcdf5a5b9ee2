import {
  KernelBackend,
  engine,
  registerBackend,
  type DataId,
  type DataType,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { RlvrError } from '../errors.ts';
import type { GraphBuilder, Value } from './graphBuilder.ts';
import type { ElementType } from './onnx/model.ts';

/** The name under which the tracing backend is registered with tfjs. */
export const traceBackendName = 'trace';

/** A tfjs backend whose kernels record nodes of an ONNX graph instead of computing. */
export class TraceBackend extends KernelBackend {
  #builder: GraphBuilder | undefined;
  readonly #values = new WeakMap<DataId, Value>();
  #live = 0;

  /** The graph being built. */
  get builder(): GraphBuilder {
    if (this.#builder === undefined) throw new RlvrError('tensor/trace', 'A tensor op ran outside of a trace.');
    return this.#builder;
  }

  /** Runs `work` with `builder` as the graph that kernels add to. */
  recordInto<T>(builder: GraphBuilder, work: () => T): T {
    if (this.#builder !== undefined) throw new RlvrError('tensor/trace', 'Traces cannot be nested.');
    this.#builder = builder;
    try {
      return work();
    } finally {
      this.#builder = undefined;
    }
  }

  /** The graph value behind a tensor. */
  graphValue(info: TensorInfo): Value {
    const value = this.#values.get(info.dataId);
    if (value === undefined)
      throw new RlvrError(
        'tensor/trace',
        'A tensor that was not made in this trace was used in it. Pass it in as an input.',
      );
    return value.shape === info.shape ? value : { ...value, shape: info.shape };
  }

  /** A tensor handle for a graph value. */
  infoOf(value: Value): TensorInfo {
    const dataId = {};
    this.#values.set(dataId, value);
    this.#live++;
    return { dataId, shape: [...value.shape], dtype: dataTypeOf(value.type) };
  }

  /** A tfjs tensor for a graph value. */
  tensorOf(value: Value): Tensor {
    return engine().makeTensorFromTensorInfo(this.infoOf(value));
  }

  override write(values: unknown, shape: number[], dtype: DataType): DataId {
    const type = elementTypeOf(dtype);
    if (values === null || values === undefined)
      throw new RlvrError('tensor/trace', 'An empty tensor cannot be traced.');
    return this.infoOf(this.#constant(type, shape, values as ArrayLike<number>)).dataId;
  }

  /** tfjs fills zeros and ones in JavaScript; in a symbolic shape they are spread when the graph runs. */
  #constant(type: ElementType, shape: readonly number[], values: ArrayLike<number>): Value {
    const { builder } = this;
    builder.symbols.assertNotBaked(values);
    if (!shape.some((size) => builder.symbols.isSymbolic(size))) return builder.constant(type, shape, values);
    const first = values[0] ?? 0;
    for (let i = 1; i < values.length; i++) {
      if (Object.is(values[i], first)) continue;
      throw new RlvrError(
        'tensor/trace',
        `A constant of shape ${builder.symbols.describe(shape)} has a size that is only known when the graph runs.`,
      );
    }
    return builder.add('Expand', [builder.constant(type, [], [first]), builder.shapeVector(shape)], { type, shape });
  }

  override read(): Promise<never> {
    return Promise.reject(this.#unreadable());
  }

  override readSync(): never {
    throw this.#unreadable();
  }

  override disposeData(): boolean {
    this.#live--;
    return true;
  }

  override refCount(): number {
    return 1;
  }

  override incRef(): void {
    // Values live as long as their graph; tensors are only handles.
  }

  override numDataIds(): number {
    return this.#live;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {
    // Nothing is held outside of the graph.
  }

  #unreadable(): RlvrError {
    return new RlvrError(
      'tensor/trace',
      'The values of a tensor were read while tracing (data, dataSync, array, print, or a JavaScript condition on it). ' +
        'They exist only when the graph runs.',
    );
  }
}

/** The one tracing backend of this process, registered with tfjs when first asked for. */
export function traceBackend(): TraceBackend {
  registered ??= registerOnce();
  return registered;
}

let registered: TraceBackend | undefined;

function registerOnce(): TraceBackend {
  const backend = new TraceBackend();
  registerBackend(traceBackendName, () => backend, 0);
  return backend;
}

/** Whether ops are being recorded rather than computed. */
export function isTracing(): boolean {
  return engine().backendName === traceBackendName;
}

/** The ONNX element type for a tfjs data type. */
export function elementTypeOf(dtype: DataType): ElementType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new RlvrError(
    'tensor/trace',
    `Tensors of type "${dtype}" cannot be traced. Types that can: float32, int32, bool.`,
  );
}

function dataTypeOf(type: ElementType): DataType {
  if (type === 'float32' || type === 'int32' || type === 'bool') return type;
  throw new RlvrError('tensor/trace', `A graph value of type "${type}" has no tfjs tensor.`);
}

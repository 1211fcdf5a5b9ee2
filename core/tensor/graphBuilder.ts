import { RlvrError } from '../errors.ts';
import type { Attribute, ConstantTensor, Dimension, ElementType, Graph, Node, ValueInfo } from './onnx/model.ts';
import { pruneGraph } from './onnx/prune.ts';
import { primesOf } from './polynomial.ts';
import { Symbols, type SymbolicSize } from './symbols.ts';

/** A value of the graph being built. Sizes in `shape` may be symbolic (see Symbols). */
export interface Value {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
}

/** What a node gives: type and shape of each output. */
export interface OutputSpec {
  readonly type: ElementType;
  readonly shape: readonly number[];
}

/** Options of a node. */
export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: string;
}

interface Scope {
  readonly nodes: Node[];
  readonly constants: ConstantTensor[];
  readonly inputs: ValueInfo[];
  /** Nodes by what they compute, so that the same thing is computed once. */
  readonly known: Map<string, readonly Value[]>;
  /** Where the run-time values of symbols can be read, by name. */
  readonly sources: Map<string, { readonly value: Value; readonly axis: number }>;
}

/** Builds one ONNX graph, with nested bodies for loops. Equal nodes and equal small constants are made once. */
export class GraphBuilder {
  readonly symbols: Symbols;
  readonly #scopes: Scope[] = [newScope()];
  #count = 0;

  /**
   * @param fixedSizes every size that the graph's inputs fix
   * @param firstPrime where the primes begin that stand for symbolic sizes
   */
  constructor(fixedSizes: readonly number[] = [], firstPrime?: number) {
    this.symbols = new Symbols(fixedSizes, firstPrime);
  }

  /** A graph input; a size given as text is symbolic. */
  input(name: string, type: ElementType, dims: readonly Dimension[]): Value {
    const shape = dims.map((dim) => (typeof dim === 'number' ? dim : this.symbols.named(dim).prime));
    const value: Value = { name, type, shape };
    this.#scope.inputs.push({ name, type, dims });
    dims.forEach((dim, axis) => {
      if (typeof dim === 'string') this.bindSymbol(dim, value, axis);
    });
    return value;
  }

  /** Says where the run-time value of a symbol can be read, here and in the bodies opened here. The first place said stays. */
  bindSymbol(name: string, value: Value, axis: number): void {
    if (!this.#scope.sources.has(name)) this.#scope.sources.set(name, { value, axis });
  }

  /** The same for a size, where it is that of a single symbol. */
  bindSize(size: number, value: Value, axis: number): void {
    const symbol = this.symbols.withPrime(size);
    if (symbol !== undefined) this.bindSymbol(symbol.name, value, axis);
  }

  /** Adds a node and returns its outputs. */
  addMulti(
    operator: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly OutputSpec[],
    options: NodeOptions = {},
  ): readonly Value[] {
    const { attributes = {}, domain = '' } = options;
    const names = inputs.map((input) => input?.name ?? '');
    const hasBody = Object.values(attributes).some((attribute) => 'graph' in attribute);
    const key = hasBody
      ? undefined
      : JSON.stringify([domain, operator, names, attributes, outputs.length], exactNumber);
    const specs = outputs.map(({ type, shape }) => ({
      type,
      shape: shape.map((size) => this.symbols.canonical(size)),
    }));
    const existing = key === undefined ? undefined : this.#lookUp(key);
    if (existing !== undefined) return existing.map((value, i) => ({ ...value, ...specs[i] }));
    const values = specs.map((spec) => ({ ...spec, name: this.#fresh(operator) }));
    this.#scope.nodes.push({ operator, domain, inputs: names, outputs: values.map((value) => value.name), attributes });
    if (key !== undefined) this.#scope.known.set(key, values);
    return values;
  }

  /** Adds a node with one output. */
  add(operator: string, inputs: readonly (Value | undefined)[], output: OutputSpec, options: NodeOptions = {}): Value {
    const [value] = this.addMulti(operator, inputs, [output], options);
    if (value === undefined) throw new RlvrError('tensor/trace', `The node ${operator} has no output.`);
    return value;
  }

  /** A constant; small equal ones are shared. */
  constant(type: ElementType, shape: readonly number[], values: ArrayLike<number>): Value {
    const raw = toBytes(type, values);
    const key = raw.length <= 512 ? `constant ${type} ${shape.join()} ${raw.join()}` : undefined;
    const existing = key === undefined ? undefined : this.#lookUp(key)?.[0];
    if (existing !== undefined) return existing;
    const value: Value = { name: this.#fresh('constant'), type, shape };
    this.#root.constants.push({ name: value.name, type, dims: shape, raw });
    if (key !== undefined) this.#root.known.set(key, [value]);
    return value;
  }

  /** An int64 vector, as ONNX wants axes; for sizes see `shapeVector`. */
  int64s(values: readonly number[]): Value {
    return this.constant('int64', [values.length], values);
  }

  /** Sizes as an int64 vector, whatever of them are symbolic. */
  shapeVector(shape: readonly number[]): Value {
    if (!shape.some((size) => this.symbols.isSymbolic(size))) return this.int64s(shape);
    const parts = shape.map((size) => this.#sizeVector(size));
    if (parts.length === 1) return parts[0] as Value;
    return this.add('Concat', parts, { type: 'int64', shape: [shape.length] }, { attributes: { axis: { int: 0 } } });
  }

  /** The operand of Reshape: a single unknown size is left for the runtime to infer, where no size is 0. */
  reshapeVector(shape: readonly number[]): Value {
    const symbolic = shape.filter((size) => this.symbols.isSymbolic(size));
    if (symbolic.length !== 1 || shape.includes(0)) return this.shapeVector(shape);
    return this.int64s(shape.map((size) => (this.symbols.isSymbolic(size) ? -1 : size)));
  }

  /** Opens a body; what is added from now on belongs to it until `closeBody`. */
  openBody(): void {
    this.#scopes.push(newScope());
  }

  closeBody(outputs: readonly Value[]): Graph {
    const scope = this.#scopes.pop();
    if (scope === undefined || this.#scopes.length === 0) throw new RlvrError('tensor/trace', 'No loop body is open.');
    return pruneGraph(toGraph(this.#fresh('body'), scope, outputs));
  }

  /** An input of the open body, of a shape that may hold symbols of the surrounding graph. */
  bodyInput(name: string, type: ElementType, shape: readonly number[]): Value {
    this.#scope.inputs.push({ name, type });
    return { name, type, shape };
  }

  /** The same value under a name of its own, never shared. */
  rename(value: Value): Value {
    const renamed = { ...value, name: this.#fresh('result') };
    this.#scope.nodes.push({
      operator: 'Identity',
      domain: '',
      inputs: [value.name],
      outputs: [renamed.name],
      attributes: {},
    });
    return renamed;
  }

  /** A fresh name for an input of a body. */
  freshName(hint: string): string {
    return this.#fresh(hint);
  }

  /** The finished graph, without what no output needs. */
  finish(outputs: readonly { name: string; value: Value }[]): Graph {
    const scope = this.#root;
    const named = outputs.map(({ name, value }) => {
      scope.nodes.push({ operator: 'Identity', domain: '', inputs: [value.name], outputs: [name], attributes: {} });
      return { ...value, name };
    });
    return pruneGraph(toGraph('rlvr', scope, named));
  }

  get #scope(): Scope {
    return this.#scopes.at(-1) ?? this.#root;
  }

  get #root(): Scope {
    const [root] = this.#scopes;
    if (root === undefined) throw new RlvrError('tensor/trace', 'The graph is finished.');
    return root;
  }

  #lookUp(key: string): readonly Value[] | undefined {
    for (const scope of this.#scopes) {
      const values = scope.known.get(key);
      if (values !== undefined) return values;
    }
    return undefined;
  }

  #sizeVector(size: number): Value {
    const { factor, symbols } = this.symbols.factor(size);
    return this.#product(symbols, factor);
  }

  #product(symbols: readonly SymbolicSize[], factor: number): Value {
    const vectors = symbols.map((symbol) => this.#symbolVector(symbol));
    if (factor !== 1 || vectors.length === 0) vectors.push(this.int64s([factor]));
    return vectors.reduce((left, right) => this.add('Mul', [left, right], { type: 'int64', shape: [1] }));
  }

  #symbolVector(symbol: SymbolicSize): Value {
    const source = this.#scopes.findLast((scope) => scope.sources.has(symbol.name))?.sources.get(symbol.name);
    if (source !== undefined) {
      const attributes = { start: { int: source.axis }, end: { int: source.axis + 1 } };
      return this.add('Shape', [source.value], { type: 'int64', shape: [1] }, { attributes });
    }
    if (symbol.polynomial === undefined) {
      throw new RlvrError('tensor/trace', `The size "${symbol.name}" cannot be read from any input of the graph.`, {
        size: symbol.name,
      });
    }
    const terms = [...symbol.polynomial].map(([monomial, coefficient]) =>
      this.#product(
        primesOf(monomial).map((prime) => this.#symbolOf(prime)),
        coefficient,
      ),
    );
    return terms.reduce((left, right) => this.add('Add', [left, right], { type: 'int64', shape: [1] }));
  }

  #symbolOf(prime: number): SymbolicSize {
    const symbol = this.symbols.withPrime(prime);
    if (symbol === undefined) throw new RlvrError('tensor/trace', `No size has the prime ${prime}.`);
    return symbol;
  }

  #fresh(hint: string): string {
    return `#${this.#count++} ${hint}`;
  }
}

function newScope(): Scope {
  return { nodes: [], constants: [], inputs: [], known: new Map(), sources: new Map() };
}

/** JSON writes NaN and the infinities alike, and -0 like 0. */
function exactNumber(_key: string, value: unknown): unknown {
  return typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
    ? `${1 / value} ${value}`
    : value;
}

function toGraph(name: string, scope: Scope, outputs: readonly Value[]): Graph {
  return {
    name,
    inputs: scope.inputs,
    outputs: outputs.map((value) => ({ name: value.name, type: value.type })),
    constants: scope.constants,
    nodes: scope.nodes,
  };
}

function toBytes(type: ElementType, values: ArrayLike<number>): Uint8Array {
  const bytesOf = (array: ArrayBufferView): Uint8Array =>
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  switch (type) {
    case 'float32':
      return bytesOf(Float32Array.from(values));
    case 'float64':
      return bytesOf(Float64Array.from(values));
    case 'int32':
      return bytesOf(Int32Array.from(values));
    case 'bool':
      return Uint8Array.from(values, (value) => (value === 0 ? 0 : 1));
    case 'int64':
      return bytesOf(BigInt64Array.from(Array.from(values), (value) => BigInt(value)));
  }
}

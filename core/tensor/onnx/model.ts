import { PbfWriter } from 'pbf';

/** ONNX element types, by the number the format gives them. */
export const elementType = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 } as const;

/** Element type of a value in a traced graph. */
export type ElementType = keyof typeof elementType;

/** A dimension: a number, or the name of one that is only known when the graph runs. */
export type Dimension = number | string;

/** A constant of a graph; `raw` is little-endian, row-major. */
export interface ConstantTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly raw: Uint8Array;
}

/** An attribute's value; a whole number that has to be a float is given as `{ float }`. */
export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string }
  | { readonly graph: Graph };

/** One operation. An empty input name is an input left out. */
export interface Node {
  readonly operator: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A named, typed value at the border of a graph; without dims its rank is left open. */
export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  readonly dims?: readonly Dimension[];
}

/** A graph, whole or the body of a loop. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly constants: readonly ConstantTensor[];
  readonly nodes: readonly Node[];
}

/** Operator set versions the kernels are written for. */
const operatorSets = [
  { domain: '', version: 21 },
  { domain: 'com.microsoft', version: 1 },
];
const irVersion = 10;

/** Serialises a graph as an ONNX `ModelProto` (field numbers of onnx.proto3). */
export function encodeModel(graph: Graph): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, irVersion);
  pbf.writeStringField(2, 'rlvr-lab');
  pbf.writeMessage(7, writeGraph, graph);
  for (const set of operatorSets) pbf.writeMessage(8, writeOperatorSet, set);
  return pbf.finish();
}

function writeOperatorSet(set: { domain: string; version: number }, pbf: PbfWriter): void {
  pbf.writeStringField(1, set.domain);
  pbf.writeVarintField(2, set.version);
}

function writeGraph(graph: Graph, pbf: PbfWriter): void {
  for (const node of graph.nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, graph.name);
  for (const constant of graph.constants) pbf.writeMessage(5, writeTensor, constant);
  for (const value of graph.inputs) pbf.writeMessage(11, writeValueInfo, value);
  for (const value of graph.outputs) pbf.writeMessage(12, writeValueInfo, value);
}

function writeNode(node: Node, pbf: PbfWriter): void {
  for (const input of node.inputs) pbf.writeStringField(1, input);
  for (const output of node.outputs) pbf.writeStringField(2, output);
  pbf.writeStringField(4, node.operator);
  for (const [name, value] of Object.entries(node.attributes)) pbf.writeMessage(5, writeAttribute, { name, value });
  if (node.domain !== '') pbf.writeStringField(7, node.domain);
}

const attributeType = { float: 1, int: 2, string: 3, graph: 5, ints: 7 } as const;

function writeAttribute({ name, value }: { name: string; value: Attribute }, pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  if ('float' in value) {
    pbf.writeFloatField(2, value.float);
    pbf.writeVarintField(20, attributeType.float);
  } else if ('int' in value) {
    pbf.writeVarintField(3, value.int);
    pbf.writeVarintField(20, attributeType.int);
  } else if ('string' in value) {
    pbf.writeStringField(4, value.string);
    pbf.writeVarintField(20, attributeType.string);
  } else if ('graph' in value) {
    pbf.writeMessage(6, writeGraph, value.graph);
    pbf.writeVarintField(20, attributeType.graph);
  } else {
    for (const item of value.ints) pbf.writeVarintField(8, item);
    pbf.writeVarintField(20, attributeType.ints);
  }
}

function writeTensor(tensor: ConstantTensor, pbf: PbfWriter): void {
  for (const dim of tensor.dims) pbf.writeVarintField(1, dim);
  pbf.writeVarintField(2, elementType[tensor.type]);
  pbf.writeStringField(8, tensor.name);
  pbf.writeBytesField(9, tensor.raw);
}

function writeValueInfo(value: ValueInfo, pbf: PbfWriter): void {
  pbf.writeStringField(1, value.name);
  pbf.writeMessage(2, writeType, value);
}

function writeType(value: ValueInfo, pbf: PbfWriter): void {
  pbf.writeMessage(1, writeTensorType, value);
}

function writeTensorType(value: ValueInfo, pbf: PbfWriter): void {
  pbf.writeVarintField(1, elementType[value.type]);
  if (value.dims !== undefined) pbf.writeMessage(2, writeShape, value.dims);
}

function writeShape(dims: readonly Dimension[], pbf: PbfWriter): void {
  for (const dim of dims) pbf.writeMessage(1, writeDimension, dim);
}

function writeDimension(dim: Dimension, pbf: PbfWriter): void {
  if (typeof dim === 'number') pbf.writeVarintField(1, dim);
  else pbf.writeStringField(2, dim);
}

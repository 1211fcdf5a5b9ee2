import type { Graph, Node } from './model.ts';

/** The graph without nodes and constants that no output needs. Inputs stay: they are the caller's interface. */
export function pruneGraph(graph: Graph): Graph {
  const needed = new Set(graph.outputs.map((output) => output.name));
  const kept: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    kept.push(node);
    for (const name of namesRead(node)) needed.add(name);
  }
  return {
    ...graph,
    nodes: kept.reverse(),
    constants: graph.constants.filter((constant) => needed.has(constant.name)),
  };
}

/** Everything a node reads, also from inside the bodies it carries. */
function namesRead(node: Node): readonly string[] {
  const names = [...node.inputs];
  for (const attribute of Object.values(node.attributes)) {
    if ('graph' in attribute) names.push(...namesReadByBody(attribute.graph));
  }
  return names;
}

function namesReadByBody(body: Graph): readonly string[] {
  return [...body.nodes.flatMap(namesRead), ...body.outputs.map((output) => output.name)];
}

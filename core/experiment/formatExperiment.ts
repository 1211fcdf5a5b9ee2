import { isMap, isPair, isScalar, isSeq, visit } from 'yaml';
import type { Node } from 'yaml';
import type { ResolvedExperiment } from './resolve.ts';
import type { PathPart } from './source.ts';
import { yamlDocument } from './yamlDocument.ts';

/** A resolved experiment as YAML that can be run again; values that the user did not write end in `# default`. */
export function formatExperiment({ experiment, isDefault }: ResolvedExperiment): string {
  const document = yamlDocument(experiment);
  visit(document, {
    Node: (key, node, ancestors) => {
      const path = pathOf(key, ancestors);
      if (!isLeaf(node) || key === 'key' || !isDefault(path)) return;
      node.comment = ' default';
      if (isSeq(node) || isMap(node)) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0 });
}

function isLeaf(node: Node): boolean {
  return isScalar(node) || ((isSeq(node) || isMap(node)) && node.items.length === 0);
}

function pathOf(key: number | string | null, ancestors: readonly unknown[]): readonly PathPart[] {
  const steps = ancestors.flatMap((ancestor, index): PathPart[] => {
    if (isPair(ancestor)) return isScalar(ancestor.key) ? [String(ancestor.key.value)] : [];
    if (!isSeq(ancestor)) return [];
    const child = ancestors[index + 1];
    return [child === undefined ? Number(key) : ancestor.items.indexOf(child)];
  });
  return steps;
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { datasetBehaviours } from '../../core/conformance/datasetBehaviours.ts';
import { plugins } from '../../plugins/index.ts';
import { judgeEach } from './judgedPlugins.ts';

const baseFolder = mkdtempSync(path.join(tmpdir(), 'datasets-'));
afterAll(() => rmSync(baseFolder, { recursive: true }));

const lines = Array.from({ length: 400 }, (_, i) =>
  JSON.stringify({ question: `What is ${i}+${i}?`, answer: String(2 * i) }),
);
writeFileSync(path.join(baseFolder, 'problems.jsonl'), `${lines.join('\n')}\n`);

judgeEach('dataset', plugins.datasets, datasetBehaviours, (dataset, common) => ({ ...common, dataset, baseFolder }));

import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { reportStudy } from '../../../core/study/report/studyReport.ts';
import { svgFile } from '../../../core/study/report/svgFile.ts';
import { readResults } from '../../../core/study/studyStore.ts';
import { renderFindings } from './renderFindings.ts';

const usage = `Writes docs/findings.md and its figures from the committed results of the study.

  npm run findings -- [options] [results.json]

  --out FILE          default docs/findings.md
  --help

Without a file: the results in samples/study/results.`;

const folder = path.join('samples', 'study', 'results');

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      out: { type: 'string', default: path.join('docs', 'findings.md') },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const source = positionals[0] ?? onlyResults();
  const results = readResults(source);
  if (results === undefined) throw new Error(`There are no results in ${source}; \`npm run study\` makes them.`);
  const report = reportStudy(results);
  const figures = path.join(path.dirname(source), 'figures');
  const drawn = [
    ...report.parts.flatMap(({ varied }) => varied.flatMap(({ figure }) => figure ?? [])),
    ...report.parts.flatMap(({ settings }) => settings.flatMap((setting) => setting.figures)),
  ];
  rmSync(figures, { recursive: true, force: true });
  mkdirSync(figures, { recursive: true });
  for (const { name, drawing } of drawn) writeFileSync(path.join(figures, `${name}.svg`), svgFile(drawing));
  const places = {
    figures: path.relative(path.dirname(values.out), figures).split(path.sep).join('/'),
    source: source.split(path.sep).join('/'),
  };
  mkdirSync(path.dirname(values.out), { recursive: true });
  writeFileSync(values.out, renderFindings(report, places));
  console.log(`${values.out}, ${drawn.length} figures in ${figures}`);
}

function onlyResults(): string {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
  const [name] = names;
  if (name === undefined || names.length > 1) {
    throw new Error(`${folder} holds ${names.length} files of results; name one.`);
  }
  return path.join(folder, name);
}

main();

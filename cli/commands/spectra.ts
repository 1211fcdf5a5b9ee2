import path from 'node:path';
import type { PluginCatalog } from '../../core/contracts/pluginCatalog.ts';
import { RlvrError } from '../../core/errors.ts';
import { findInNames } from '../../core/lowrank/regularExpression.ts';
import { writeFileAtomically } from '../../core/model/atomicFile.ts';
import { spectraFileName, spectraSteps } from '../../core/runs/spectraFiles.ts';
import { writing } from '../../core/runs/writing.ts';
import { judgeCollapse } from '../../core/spectra/collapse.ts';
import { measureSpectra } from '../../core/spectra/measureSpectra.ts';
import { renderSpectra } from '../../core/spectra/page/renderSpectra.ts';
import { readSpectra, writeSpectra } from '../../core/spectra/spectraFile.ts';
import type { SpectraRecord } from '../../core/spectra/spectraRecord.ts';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { writeSpectraSummary } from '../display/spectraSummary.ts';
import { exitCodes } from '../exitCodes.ts';
import { createProgress } from '../progress.ts';
import { spectraJobs, type SpectraChoices, type SpectraJob } from '../spectraJobs.ts';
import { writeJson, writeLine } from '../terminal.ts';

/** Options of `rlvr spectra`. */
export interface SpectraOptions extends SpectraChoices {
  readonly topK: number;
  readonly full?: boolean;
  /** Regular expression that whole names of layers, or their last parts, must match. */
  readonly layers?: string;
  /** Where the page goes; `true`: beside the spectra. */
  readonly html?: string | true;
}

/** `rlvr spectra RUN|FOLDER`: what training did to the spectrum of each weight, as files, a summary and a page. */
export async function spectraCommand(
  context: CommandContext,
  reference: string,
  options: SpectraOptions,
): Promise<number> {
  const { terminal, json, cwd } = context;
  const catalog = await loadCatalog(context);
  const jobs = await spectraJobs(context, reference, options, catalog);
  const stopping = new AbortController();
  const interrupt = (): void => stopping.abort(new RlvrError('usage', 'Stopped.'));
  process.once('SIGINT', interrupt);
  try {
    const measured = await analyze(context, jobs, options, catalog, stopping.signal);
    const records = withOthers(measured, jobs);
    const verdict = judgeCollapse(records);
    const page = writePage(context, options, jobs, () => renderSpectra(records, verdict));
    const files = [...jobs.map(({ file }) => file), ...page].map((file) => path.relative(cwd, file) || file);
    if (json) writeJson(terminal, { files, verdict, records });
    else {
      writeSpectraSummary(terminal, records, verdict);
      writeLine(terminal, `Written: ${files.join(', ')}`);
    }
    return exitCodes.success;
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    terminal.err.write('Stopped; checkpoints that were done are written.\n');
    return exitCodes.interrupted;
  } finally {
    process.off('SIGINT', interrupt);
  }
}

async function analyze(
  { terminal, json }: CommandContext,
  jobs: readonly SpectraJob[],
  { topK: top, full = false, layers: pattern }: SpectraOptions,
  catalog: PluginCatalog,
  signal: AbortSignal,
): Promise<readonly SpectraRecord[]> {
  const progress = createProgress(terminal, jobs.length === 1 ? 'layers' : 'layers of checkpoints', json);
  const records: SpectraRecord[] = [];
  try {
    for (const [index, { subject, file, open }] of jobs.entries()) {
      const source = open();
      try {
        const included = includedLayers(
          source.layers.map(({ name }) => name),
          pattern,
        );
        const record = await measureSpectra(subject, source, {
          top,
          full,
          signal,
          catalog,
          includes: ({ name }) => included.has(name),
          onDidProgress: (done, total) => progress.update(index * total + done, jobs.length * total),
        });
        writeSpectra(file, record);
        records.push(record);
      } finally {
        source.close();
      }
    }
    return records;
  } finally {
    progress.end();
  }
}

/** What was measured now, among what was measured of the same run before (while it trained): one line of checkpoints. */
function withOthers(measured: readonly SpectraRecord[], jobs: readonly SpectraJob[]): readonly SpectraRecord[] {
  const [first] = measured;
  const [job] = jobs;
  if (first?.subject.kind !== 'run' || job === undefined) return measured;
  const folder = path.dirname(job.file);
  const known = new Set(measured.map(({ subject }) => subject.step));
  const others = spectraSteps(folder).flatMap((step) => {
    if (known.has(step)) return [];
    const record = readSpectra(path.join(folder, spectraFileName(step)));
    const isSame = record.subject.name === first.subject.name && record.depth.top === first.depth.top;
    return isSame ? [record] : [];
  });
  return [...measured, ...others].sort((a, b) => (a.subject.step ?? 0) - (b.subject.step ?? 0));
}

function writePage(
  { cwd }: CommandContext,
  { html }: SpectraOptions,
  jobs: readonly SpectraJob[],
  render: () => string,
): readonly string[] {
  const [job] = jobs;
  if (html === undefined || job === undefined) return [];
  const beside =
    job.subject.kind === 'run' ? path.join(path.dirname(job.file), 'spectra.html') : job.file.replace(/json$/, 'html');
  const file = html === true ? beside : path.resolve(cwd, html);
  const page = render();
  writing(file, () => {
    writeFileAtomically(file, [Buffer.from(page)]);
  });
  return [file];
}

/** The names that a regular expression matches, whole or by their last parts. */
function includedLayers(names: readonly string[], pattern: string | undefined): ReadonlySet<string> {
  if (pattern === undefined) return new Set(names);
  const matches = findInNames(pattern, names, (own) => `^(?:.*\\.)?(?:${own})$`);
  const included = new Set(names.filter((_, index) => matches[index] !== false));
  if (included.size > 0) return included;
  const shown = `${names.slice(0, 8).join(', ')}${names.length > 8 ? ', ...' : ''}`;
  const message = `No layer that was trained matches --layers "${pattern}". There are: ${shown}.`;
  throw new RlvrError('usage', message, { pattern });
}

import { existsSync } from 'node:fs';
import path from 'node:path';
import type { PeftAdapter } from '../core/contracts/adapter.ts';
import type { PluginCatalog } from '../core/contracts/pluginCatalog.ts';
import { RlvrError } from '../core/errors.ts';
import { ggufLora, type GgufDtype } from '../core/exchange/ggufLora.ts';
import { loraToPeft } from '../core/exchange/loraToPeft.ts';
import { ADAPTER_CONFIG } from '../core/exchange/peftFolder.ts';
import { plainLora, type LoraLayer, type PlainLora } from '../core/exchange/plainLora.ts';
import { writeFileAtomically } from '../core/model/atomicFile.ts';
import { loadCheckpoint } from '../core/model/checkpoint.ts';
import { formatCount, formatValue } from '../core/report/formatValue.ts';
import { effectiveThreads } from '../core/runs/environment.ts';
import { writing } from '../core/runs/writing.ts';
import { adapterSource, policyAdapter } from '../core/spectra/adapterSource.ts';
import { loadedBaseModel } from '../core/spectra/baseModel.ts';
import { configureRuntime } from '../core/tensor/runtime.ts';
import { writePeftFolder } from '../core/training/exportCheckpoint.ts';
import type { CommandContext } from './command.ts';
import { policyOfRun } from './loadedPolicy.ts';
import { bytesIn, checkOutputFolder, writeOutputFolder } from './outputFolder.ts';
import type { OutputFolder } from './outputFolder.ts';
import { createProgress } from './progress.ts';
import type { RunSubject } from './subject.ts';
import { writeTable } from './table.ts';
import { writeJson, writeLine } from './terminal.ts';

/** How an adapter is exported. */
export interface AdapterExport {
  readonly format: 'peft' | 'gguf-lora';
  readonly target: string;
  /** As the user wrote it. */
  readonly name: string;
  readonly rank: number | undefined;
  readonly dtype: GgufDtype | undefined;
  readonly force: boolean;
}

const mostLayersShown = 10;

/** Writes a run's adapter for other programs and says what it is. Throws `adapter/invalid` where it has no such form. */
export async function exportAdapter(
  context: CommandContext,
  subject: RunSubject,
  wanted: AdapterExport,
  catalog: PluginCatalog,
): Promise<void> {
  const { format, target, name, rank, force } = wanted;
  const folder: OutputFolder = { target, name, mark: ADAPTER_CONFIG, kind: 'adapter folder', force };
  if (format === 'peft') checkOutputFolder(folder);
  else checkFile(wanted);
  configureRuntime({ threads: effectiveThreads(subject.record.experiment.engine.threads) });
  const checkpoint = await loadCheckpoint(subject.modelFolder);
  const policy = await policyOfRun(subject, checkpoint, catalog);
  const { adapter, adapterConfig, parameters } = policy;
  if (format === 'gguf-lora') {
    const lora = await asPlainLora();
    const parts = ggufLora(lora, checkpoint.config, subject.name, wanted.dtype ?? 'f32');
    writing(target, () => {
      writeFileAtomically(target, parts);
    });
    tell(context, subject, wanted, { lora, bytes: parts.reduce((sum, { length }) => sum + length, 0) });
    return;
  }
  const forms = await asPeft();
  await writeOutputFolder(folder, (made) => {
    writePeftFolder(made, forms.peft);
  });
  tell(context, subject, wanted, { ...forms, bytes: bytesIn(target) });

  async function asPeft(): Promise<Required<Omit<Exported, 'bytes'>>> {
    const own = rank === undefined ? adapter.toPeft(adapterConfig, parameters, subject.modelFolder) : undefined;
    if (own !== undefined) return { peft: own, lora: undefined };
    const lora = await asPlainLora();
    return { peft: loraToPeft(lora, subject.modelFolder), lora };
  }

  async function asPlainLora(): Promise<PlainLora> {
    const source = adapterSource(loadedBaseModel(checkpoint), policyAdapter(policy, subject.name));
    const progress = createProgress(context.terminal, 'layers', context.json);
    try {
      return await plainLora(source, { rank, method: adapter.id, onDidProgress: progress.update });
    } finally {
      progress.end();
    }
  }
}

function checkFile({ target, name, force }: AdapterExport): void {
  if (!existsSync(target) || (force && target.endsWith('.gguf'))) return;
  const hint = target.endsWith('.gguf') ? '--force replaces it.' : 'It is no .gguf file, so it is not replaced.';
  throw new RlvrError('run/unwritable', `${name} exists already. ${hint}`, { path: target });
}

interface Exported {
  /** Where it is plain LoRA that was made here. */
  readonly lora: PlainLora | undefined;
  readonly peft?: PeftAdapter;
  readonly bytes: number;
}

function tell(
  { terminal, json }: CommandContext,
  { name: run, step, modelFolder, record }: RunSubject,
  { format, target, name, rank }: AdapterExport,
  { lora, peft, bytes }: Exported,
): void {
  const errors = rank === undefined ? undefined : lora;
  if (json) {
    const type = peft?.config['peft_type'];
    writeJson(terminal, {
      run,
      step,
      format,
      path: target,
      bytes,
      base: modelFolder,
      peftType: type,
      ...(errors && errorsOf(errors)),
    });
    return;
  }
  const kind =
    format === 'peft' ? `an adapter of PEFT’s (${String(peft?.config['peft_type'])})` : 'a LoRA adapter for llama.cpp';
  writeLine(terminal, `Exported run ${run} at step ${step} to ${name}: ${kind}, ${formatValue(bytes, 'bytes')}.`);
  if (errors !== undefined) tellErrors({ terminal, method: record.method, rank }, errors);
  if (format === 'peft') {
    writeLine(
      terminal,
      `Next: \`PeftModel.from_pretrained(base, ${JSON.stringify(name)})\`, with the base in ${modelFolder}.`,
    );
  } else {
    writeLine(
      terminal,
      `Next: \`llama-cli -m BASE.gguf --lora ${name}\`, with the base of ${path.basename(modelFolder)} as GGUF.`,
    );
  }
}

function errorsOf({ layers, leftOut, relativeError }: PlainLora): object {
  return {
    relativeError,
    layers: layers.map((each) => ({
      layer: each.layer.name,
      rank: each.a.shape[0],
      norm: each.norm,
      relativeError: relativeErrorOf(each),
    })),
    leftOut,
  };
}

function relativeErrorOf({ norm, missing }: LoraLayer): number {
  return norm === 0 ? 0 : missing / norm;
}

function tellErrors(
  { terminal, method, rank }: { terminal: CommandContext['terminal']; method: string; rank: number | undefined },
  { layers, leftOut, relativeError }: PlainLora,
): void {
  const percent = (share: number): string => `${(100 * share).toPrecision(3)} %`;
  writeLine(
    terminal,
    `It is ${method} approximated by LoRA of rank ${rank ?? 0}: ${percent(relativeError)} of what was trained is lacking`,
  );
  writeLine(terminal, '(Frobenius norm of the difference, relative to that of the change of all weights).');
  const worst = [...layers].sort((a, b) => relativeErrorOf(b) - relativeErrorOf(a)).slice(0, mostLayersShown);
  writeTable(
    terminal,
    [
      { title: layers.length > mostLayersShown ? 'the worst layers' : 'layer' },
      { title: 'rank', isNumber: true },
      { title: 'lacking', isNumber: true },
    ],
    worst.map((each) => [each.layer.name, formatCount(each.a.shape[0] ?? 0), percent(relativeErrorOf(each))]),
  );
  if (leftOut.length === 0) return;
  const names = leftOut
    .slice(0, 3)
    .map((each) => each.name)
    .join(', ');
  const more = leftOut.length > 3 ? ` and ${leftOut.length - 3} more` : '';
  writeLine(terminal, `Left out, since LoRA holds no norms, embeddings or biases: ${names}${more}.`);
}

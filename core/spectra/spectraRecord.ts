import { z } from 'zod';

const number = z.number();
const measureSchema = z.object({ title: z.string(), unit: z.string(), explanation: z.string() });
const seriesSchema = z.object({
  title: z.string(),
  x: z.object({ label: z.string(), values: z.array(number) }),
  y: z.object({ label: z.string(), unit: z.string(), scale: z.enum(['linear', 'logarithmic']) }),
  lines: z.array(z.object({ label: z.string(), values: z.array(number) })),
});
const layerSchema = z.object({
  name: z.string(),
  module: z.string(),
  block: z.int().min(0).optional(),
  shape: z.array(z.int().min(1)).length(2).describe('[out, in]'),
  numbers: z.record(z.string(), number).describe('By ANALYZER/MEASURE'),
  rows: z.record(z.string(), z.array(number)).describe('By ANALYZER/MATRIX, one value a column'),
  series: z.array(seriesSchema),
});

/** The format of `spectra/step-N.json`. */
export const spectraRecordSchema = z.object({
  format: z.literal(1),
  kind: z.literal('rlvr-lab/spectra'),
  writtenAt: z.iso.datetime(),
  subject: z.object({
    kind: z.enum(['run', 'adapter', 'model']),
    name: z.string(),
    method: z.string().optional().describe('The adapter; left out where two whole models are compared'),
    base: z.string().describe('The base model’s folder'),
    step: z.int().min(0).optional().describe('Optimizer steps done, of a run'),
  }),
  depth: z.object({
    top: z.int().min(1).describe('Leading directions that "top k" means'),
    full: z.boolean().describe('Whether the whole spectrum of W + dW was computed'),
  }),
  measures: z.record(z.string(), measureSchema),
  matrices: z.record(z.string(), measureSchema.extend({ columns: z.array(z.string()) })),
  layers: z.array(layerSchema),
  unmeasured: z.array(z.object({ name: z.string(), reason: z.string() })),
});

/** The spectra of one checkpoint: every number by layer, with its unit. */
export type SpectraRecord = z.output<typeof spectraRecordSchema>;
/** What was found in one layer. */
export type LayerSpectra = SpectraRecord['layers'][number];

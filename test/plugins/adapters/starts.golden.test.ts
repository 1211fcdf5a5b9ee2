import { expect } from 'vitest';
import type { StoredTensor } from '../../../core/contracts/adapter.ts';
import { matrix, transpose } from '../../../core/linalg/matrix.ts';
import type { Matrix } from '../../../core/linalg/matrix.ts';
import { multiply, multiplyRightTransposed } from '../../../core/linalg/multiply.ts';
import { qr } from '../../../core/linalg/qr.ts';
import { expectClose } from '../../closeness.ts';
import { describeCases } from './describeCases.ts';
import { comparedFields, listStarts, withPeftsValues } from './layerCases.ts';
import { attachToNet } from './netBench.ts';
import type { LayersBench, LayersCase } from './layerCases.ts';
import { plugins } from '../../../plugins/index.ts';
import { catalog, storedTensor, tensorsBelow } from './peftCases.ts';
import type { Golden } from './peftCases.ts';

/**
 * PEFT decomposes in float32: the error of a triplet grows as singular values come close to each other, and where data comes in, with what
 * it is multiplied and divided by (CorDA's covariance) or with the steps that it takes (EVA).
 */
function decomposedTo({ file }: Golden<LayersCase>): number {
  return file.names.some((name) => /^(eva|calibration)_/.test(name)) ? 1e-4 : 1e-5;
}

function toMatrix({ shape, values }: StoredTensor): Matrix {
  return matrix(shape[0] ?? 0, shape[1] ?? 0, values);
}

/** B A. */
function product(b: StoredTensor, a: StoredTensor): Float64Array {
  return multiply(toMatrix(b), toMatrix(a)).data;
}

/** The orthogonal projection onto what the columns span: the same for every basis of a subspace. */
function projection(columns: Matrix): Float64Array {
  const { q } = qr(columns);
  return multiplyRightTransposed(q, q).data;
}

/** Rows up to their signs: r_i r_i^T side by side. */
function withoutSigns({ shape, values }: StoredTensor): number[] {
  const [rows = 0, columns = 0] = shape;
  return Array.from({ length: rows }, (_, i) => values.subarray(i * columns, (i + 1) * columns)).flatMap((row) =>
    [...row].flatMap((x) => [...row].map((y) => x * y)),
  );
}

function turned({ shape, values }: StoredTensor): StoredTensor {
  const [rows = 0, columns = 0] = shape;
  return { shape: [columns, rows], values: Float32Array.from(transpose(matrix(rows, columns, values)).data) };
}

/** A and B of a layer as the adapter starts them, and as PEFT does. */
interface Factors {
  readonly layer: string;
  readonly scaling: number;
  readonly own: { readonly a: StoredTensor; readonly b: StoredTensor };
  readonly peft: { readonly a: StoredTensor; readonly b: StoredTensor };
}

function factorsOf({ policy, file }: LayersBench): readonly Factors[] {
  return policy.parameters.flatMap(({ name, layer, scaling, ...a }) => {
    if (layer === undefined || name !== `${layer.name}.lora_A`) return [];
    const b = policy.parameters.find((other) => other.name === `${layer.name}.lora_B`)!;
    const peft = (factor: string): StoredTensor => storedTensor(file, `initial.${layer.name}.${factor}.weight`);
    return [{ layer: layer.name, scaling, own: { a, b }, peft: { a: peft('lora_A'), b: peft('lora_B') } }];
  });
}

/** Where A and B belong to different triplets, each of their vectors has a sign of its own. */
function hasFreeSigns({ entry }: LayersBench): boolean {
  return entry.note?.includes('sign') === true;
}

function expectSameFactors(bench: LayersBench, { layer, own, peft }: Factors): void {
  const decomposed = decomposedTo(bench);
  expect(own.a.shape, `${layer}.lora_A`).toEqual(peft.a.shape);
  expect(own.b.shape, `${layer}.lora_B`).toEqual(peft.b.shape);
  expectClose(
    projection(toMatrix(turned(own.a))),
    projection(toMatrix(turned(peft.a))),
    decomposed,
    `${layer}: row space of A`,
  );
  if (!peft.b.values.some((value) => value !== 0)) {
    expect(
      own.b.values.some((value) => value !== 0),
      `${layer}.lora_B is zero`,
    ).toBe(false);
    return;
  }
  expectClose(projection(toMatrix(own.b)), projection(toMatrix(peft.b)), decomposed, `${layer}: column space of B`);
  if (hasFreeSigns(bench)) {
    expectClose(withoutSigns(own.a), withoutSigns(peft.a), decomposed, `${layer}: A without signs`);
    expectClose(withoutSigns(turned(own.b)), withoutSigns(turned(peft.b)), decomposed, `${layer}: B without signs`);
  } else expectClose(product(own.b, own.a), product(peft.b, peft.a), decomposed, `${layer}: B A`);
}

/** The residual: PEFT's own, and what is missing to the base is what the adapter adds, unless the method says that it is not. */
function expectSameResidual(bench: LayersBench, { layer, scaling, own }: Factors): void {
  const { policy, file, net } = bench;
  const residual = policy.replaced.get(layer)!;
  if (!hasFreeSigns(bench))
    expectClose(residual, file.readFloat32(`residual.${layer}.weight`), decomposedTo(bench), `${layer}: residual`);
  if (!policy.adapter.isIdentityAtStart(policy.adapterConfig)) return;
  const whole = product(own.b, own.a).map((value, i) => scaling * value + residual[i]!);
  expectClose(whole, net.base(`${layer}.weight`)!, 1e-6, `${layer}: residual and update together`);
}

/** Options of a start that the converted adapter no longer has. */
const ofTheStart = ['corda_config', 'lora_ga_config'];

/** As plain LoRA on the original base: PEFT's configuration, and the same update of every layer. */
function expectSameConversion(bench: LayersBench): void {
  const { policy, entry, file } = bench;
  const exported = policy.adapter.toPeft(policy.adapterConfig, withPeftsValues(bench), 'base')!;
  expect(comparedFields(exported.config, ofTheStart)).toEqual(comparedFields(entry.converted_config!, ofTheStart));
  const converted = tensorsBelow(file, 'converted.');
  expect([...exported.tensors.keys()].sort()).toEqual([...converted.keys()].sort());
  for (const name of [...converted.keys()].filter((key) => key.endsWith('.lora_A.weight'))) {
    const other = name.replace('.lora_A.', '.lora_B.');
    const update = (tensors: ReadonlyMap<string, StoredTensor>): Float64Array =>
      product(tensors.get(other)!, tensors.get(name)!);
    expect(exported.tensors.get(name)!.shape, name).toEqual(converted.get(name)!.shape);
    expectClose(update(exported.tensors), update(converted), 1e-6, `${name}, converted`);
  }
}

/** PEFT's configuration with what the start made of it (EVA's ranks). */
function expectSameExport(bench: LayersBench): void {
  const { policy, entry } = bench;
  const exported = policy.adapter.toPeft(policy.adapterConfig, withPeftsValues(bench), 'base')!;
  expect(comparedFields(exported.config)).toEqual(comparedFields(entry.config));
}

/** Every method made of the adapter that takes the same configuration starts the same. */
function expectSamePresets({ net, calibration, policy }: LayersBench): void {
  const presets = plugins.presets.filter((preset) => preset.adapter === policy.adapter.id);
  for (const { id } of presets) {
    const adapter = catalog.find('adapter', id);
    const parsed = adapter.config.safeParse(policy.adapterConfig);
    if (!parsed.success) continue;
    const own = attachToNet(net, adapter, parsed.data, calibration);
    expect(own.parameters, id).toEqual(policy.parameters);
    expect(own.replaced, id).toEqual(policy.replaced);
  }
}

/** Where PEFT's start is computed from the base or from data, and not drawn. */
function isComputed({ entry, file }: Golden<LayersCase>): boolean {
  const isDrawn = /_niter_\d+$/.test(String(entry.config['init_lora_weights']));
  return !isDrawn && (entry.base_changed.length > 0 || file.names.some((name) => /^(eva|calibration)_/.test(name)));
}

const cases = listStarts((golden) => isComputed(golden) || golden.entry.converted_config !== undefined);

describeCases('peft/starts', cases, ({ bench }) => {
  const own = bench();
  if (isComputed(own)) {
    const factors = factorsOf(own);
    expect(factors.length).toBeGreaterThan(0);
    for (const layer of factors) {
      expectSameFactors(own, layer);
      if (own.entry.base_changed.includes(`${layer.layer}.weight`)) expectSameResidual(own, layer);
    }
  }
  if (own.entry.converted_config !== undefined) expectSameConversion(own);
  if (own.entry.base_changed.length === 0) expectSameExport(own);
  expectSamePresets(own);
});

import { z } from 'zod';
import type { AnalyzedLayer, Analyzer, MatrixMeasure, Measure } from '../../core/contracts/analyzer.ts';
import { binEdges, sumsInBins } from '../../core/linalg/subspace.ts';
import { energyShares } from '../../core/spectra/energyShares.ts';

const BINS = 10;
const config = z.strictObject({});

type Side = 'left' | 'right';

const columns = [...Array.from({ length: BINS }, (_, bin) => `${bin * BINS}-${(bin + 1) * BINS} %`), 'outside'];

function binMeasure(side: Side): MatrixMeasure {
  const formula = side === 'right' ? '||dW V_bin||^2 / ||dW||^2' : '||U_bin^T dW||^2 / ||dW||^2';
  return {
    title: `energy of dW along W’s ${side} basis`,
    unit: 'share',
    columns,
    explanation:
      `${formula} in ten bins of W’s ${side} singular vectors, strongest first; spread evenly it would be 10 % each. ` +
      'Outside: what W’s columns or rows do not reach.',
  };
}

function shareMeasures(side: Side): Readonly<Record<string, Measure>> {
  return {
    [`principal_half_${side}`]: {
      title: `principal half, ${side}`,
      unit: 'share',
      explanation: `Share of ||dW||^2 along the stronger half of W’s ${side} singular vectors.`,
    },
    [`principal_half_chance_${side}`]: {
      title: `half by chance, ${side}`,
      unit: 'share',
      explanation:
        'What a random update of this shape would have in the principal half: its directions over those of the space.',
    },
    [`top_${side}`]: {
      title: `top k, ${side}`,
      unit: 'share',
      explanation: `Share of ||dW||^2 along W’s k strongest ${side} singular vectors.`,
    },
    [`top_chance_${side}`]: {
      title: `top k by chance, ${side}`,
      unit: 'share',
      explanation: 'What a random update of this shape would have there: k over the size of the space.',
    },
  };
}

async function alongSide(
  layer: AnalyzedLayer,
  side: Side,
): Promise<{ numbers: Record<string, number>; row: number[] }> {
  const shares = await energyShares(layer, side);
  const sum = (from: number, to: number): number => sumsInBins(shares, [from, to])[0] ?? 0;
  const bins = sumsInBins(shares, binEdges(shares.length, BINS));
  const inside = bins.reduce((total, share) => total + share, 0);
  const [out = 1, inputs = 1] = layer.layer.shape;
  const space = side === 'right' ? inputs : out;
  const half = Math.ceil(shares.length / 2);
  return {
    numbers: {
      [`principal_half_${side}`]: sum(0, half),
      [`principal_half_chance_${side}`]: half / space,
      [`top_${side}`]: sum(0, layer.top),
      [`top_chance_${side}`]: layer.top / space,
    },
    row: [...bins, Math.max(0, 1 - inside)],
  };
}

/** Where in W's spectrum the update acts. */
export const energy: Analyzer<z.output<typeof config>> = {
  id: 'energy',
  summary: 'Where in W’s spectrum dW acts: shares in ten bins, in the principal half and in the top k',
  source: 'principal and off-principal directions as in arXiv 2511.08567',
  config,
  measures: { ...shareMeasures('right'), ...shareMeasures('left') },
  matrices: { bins_right: binMeasure('right'), bins_left: binMeasure('left') },
  async analyze(_config, layer) {
    if ((await layer.updateDecomposition()).values.length === 0) return {};
    const [right, left] = [await alongSide(layer, 'right'), await alongSide(layer, 'left')];
    return {
      numbers: { ...right.numbers, ...left.numbers },
      rows: { bins_right: right.row, bins_left: left.row },
    };
  },
};

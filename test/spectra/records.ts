import type { LayerSpectra, SpectraRecord } from '../../core/spectra/spectraRecord.ts';

/** Where an update lies, as shares and chances of both sides. */
export interface Placed {
  readonly top: number;
  readonly half: number;
  readonly intruders?: number;
}

function layer(name: string, block: number, { top, half, intruders = 0 }: Placed): LayerSpectra {
  const both = (measure: string, value: number): [string, number][] =>
    ['left', 'right'].map((side) => [`energy/${measure}_${side}`, value]);
  return {
    name: `model.layers.${block}.self_attn.${name}`,
    module: name,
    block,
    shape: [64, 64],
    numbers: {
      ...Object.fromEntries([
        ...both('top', top),
        ...both('top_chance', 0.1),
        ...both('principal_half', half),
        ...both('principal_half_chance', 0.5),
      ]),
      'update_size/relative': 0.02,
      'spectrum/shift_top': 0.001,
      'intruders/left': intruders,
    },
    rows: { 'energy/bins_right': [0.6, 0.4], 'energy/bins_left': [0.5, 0.5] },
    series: [
      {
        title: 'Singular values',
        x: { label: 'index', values: [1, 2, 3] },
        y: { label: 'singular value', unit: '1', scale: 'logarithmic' },
        lines: [
          { label: 'W', values: [3, 2, 0] },
          { label: 'dW', values: [] },
          { label: 'W + dW', values: [3] },
        ],
      },
    ],
  };
}

/** Spectra of two layers whose update lies where `placed` says, after `step` steps; no step: of an adapter in a folder. */
export function spectraRecord(placed: Placed, step?: number): SpectraRecord {
  return {
    format: 1,
    kind: 'rlvr-lab/spectra',
    writtenAt: '2026-01-01T00:00:00.000Z',
    subject: {
      kind: 'run',
      name: 'a-run',
      method: 'lora',
      base: '/models/base',
      ...(step === undefined ? {} : { step }),
    },
    depth: { top: 8, full: false },
    measures: {
      'energy/top_right': { title: 'top k, right', unit: 'share', explanation: 'Share along the top k.' },
      'update_size/relative': { title: 'size', unit: 'share', explanation: 'Size of the update.' },
      'intruders/left': { title: 'intruders', unit: 'directions', explanation: 'New directions.' },
    },
    matrices: {
      'energy/bins_right': {
        title: 'right bins',
        unit: 'share',
        explanation: 'Where.',
        columns: ['0-50 %', '50-100 %'],
      },
      'energy/bins_left': { title: 'left bins', unit: 'share', explanation: 'Where.', columns: ['0-50 %', '50-100 %'] },
    },
    layers: [layer('q_proj', 0, placed), layer('v_proj', 0, placed)],
    unmeasured: [{ name: 'model.norm', reason: 'a vector of 64 values: it has no spectrum' }],
  };
}

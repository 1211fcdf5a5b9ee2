import { z } from 'zod';
import type { Analyzer, Line } from '../../core/contracts/analyzer.ts';
import { spectralShift } from '../../core/linalg/spectrum.ts';

const config = z.strictObject({});

/** Singular values of W, dW and W + dW, and how far the spectrum has moved. */
export const spectrum: Analyzer<z.output<typeof config>> = {
  id: 'spectrum',
  summary: 'Singular values of W, dW and W + dW, and how far they have moved',
  source: 'normalised spectral shift as in arXiv 2511.08567',
  config,
  measures: {
    base_norm: { title: 's1 of W', unit: '1', explanation: 'Largest singular value of the base weight.' },
    update_norm: { title: 's1 of dW', unit: '1', explanation: 'Largest singular value of the update.' },
    merged_norm: { title: 's1 of W + dW', unit: '1', explanation: 'Largest singular value after training.' },
    shift: {
      title: 'spectral shift',
      unit: 'share',
      explanation:
        '||s(W + dW) - s(W)|| / ||s(W)|| over all singular values; left out where only the top of W + dW is known.',
    },
    shift_top: {
      title: 'shift, top k',
      unit: 'share',
      explanation: 'The same over the k leading singular values alone.',
    },
  },
  async analyze(_config, layer) {
    const [base, update, merged] = [
      await layer.baseDecomposition(),
      await layer.updateDecomposition(),
      await layer.mergedDecomposition(),
    ];
    const lines: readonly Line[] = [
      { label: 'W', values: Array.from(base.values) },
      { label: 'dW', values: Array.from(update.values) },
      { label: 'W + dW', values: Array.from(merged.values) },
    ];
    const top = (values: Float64Array): Float64Array => values.subarray(0, layer.top);
    // A spectrum of zeros has no size to compare with.
    const shifts =
      base.values[0] === 0
        ? {}
        : {
            ...(merged.isComplete ? { shift: spectralShift(base.values, merged.values) } : {}),
            shift_top: spectralShift(top(base.values), top(merged.values)),
          };
    return {
      numbers: {
        base_norm: base.values[0] ?? 0,
        update_norm: update.values[0] ?? 0,
        merged_norm: merged.values[0] ?? 0,
        ...shifts,
      },
      series: [
        {
          title: 'Singular values',
          x: { label: 'index', values: Array.from(base.values, (_, index) => index + 1) },
          y: { label: 'singular value', unit: '1', scale: 'logarithmic' },
          lines,
        },
      ],
    };
  },
};

import { z } from 'zod';
import type { Analyzer } from '../../core/contracts/analyzer.ts';
import { summarizeSpectrum } from '../../core/linalg/spectrum.ts';

const config = z.strictObject({});

/** How large the update is beside the weight. */
export const updateSize: Analyzer<z.output<typeof config>> = {
  id: 'update_size',
  summary: 'How large dW is beside W',
  source: 'this project',
  config,
  measures: {
    norm: { title: '||dW||', unit: '1', explanation: 'Frobenius norm of the update.' },
    relative: {
      title: '||dW|| / ||W||',
      unit: 'share',
      explanation: 'Frobenius norm of the update over that of the base weight.',
    },
    relative_spectral: {
      title: 's1(dW) / s1(W)',
      unit: 'share',
      explanation: 'Largest singular value of the update over that of the base weight.',
    },
  },
  async analyze(_config, layer) {
    const [base, update] = [await layer.baseDecomposition(), await layer.updateDecomposition()];
    const [before, change] = [summarizeSpectrum(base.values), summarizeSpectrum(update.values)];
    // Beside a weight of zeros no size can be told.
    if (before.frobeniusNorm === 0) return { numbers: { norm: change.frobeniusNorm } };
    return {
      numbers: {
        norm: change.frobeniusNorm,
        relative: change.frobeniusNorm / before.frobeniusNorm,
        relative_spectral: (update.values[0] ?? 0) / (base.values[0] ?? 1),
      },
    };
  },
};

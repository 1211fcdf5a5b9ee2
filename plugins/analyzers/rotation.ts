import { z } from 'zod';
import type { Analyzer } from '../../core/contracts/analyzer.ts';
import { rotationAngles } from '../../core/spectra/rotationAngles.ts';

const config = z.strictObject({});

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** How far the space of W's leading directions has turned. */
export const rotation: Analyzer<z.output<typeof config>> = {
  id: 'rotation',
  summary: 'Principal angles between the top-k subspaces of W and W + dW',
  source: 'Björck and Golub 1973; subspace rotation as in arXiv 2511.08567',
  config,
  measures: {
    largest_left: {
      title: 'largest angle, left',
      unit: 'rad',
      explanation: 'Largest principal angle of the left subspaces.',
    },
    mean_left: { title: 'mean angle, left', unit: 'rad', explanation: 'Mean of the principal angles, left.' },
    largest_right: {
      title: 'largest angle, right',
      unit: 'rad',
      explanation: 'Largest principal angle of the right subspaces.',
    },
    mean_right: { title: 'mean angle, right', unit: 'rad', explanation: 'Mean of the principal angles, right.' },
  },
  async analyze(_config, layer) {
    const left = rotationAngles(await layer.mergedOverlap('left'), layer.top);
    const right = rotationAngles(await layer.mergedOverlap('right'), layer.top);
    return {
      numbers: {
        largest_left: left[0] ?? 0,
        mean_left: mean(left),
        largest_right: right[0] ?? 0,
        mean_right: mean(right),
      },
      series: [
        {
          title: 'Principal angles of the top-k subspaces',
          x: { label: 'angle', values: Array.from(left, (_, index) => index + 1) },
          y: { label: 'angle', unit: 'rad', scale: 'linear' },
          lines: [
            { label: 'left', values: Array.from(left) },
            { label: 'right', values: Array.from(right) },
          ],
        },
      ],
    };
  },
};

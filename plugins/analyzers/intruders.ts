import { z } from 'zod';
import type { Analyzer, RealMatrix } from '../../core/contracts/analyzer.ts';

const config = z.strictObject({
  cosine: z.number().gt(0).lt(1).default(0.5).describe('A direction below this cosine to all of W’s is an intruder'),
});

/** The largest absolute value of each column. */
function bestOf({ columns, data }: RealMatrix): number[] {
  const best = new Array<number>(columns).fill(0);
  data.forEach((value, at) => {
    const column = at % columns;
    best[column] = Math.min(1, Math.max(best[column] ?? 0, Math.abs(value)));
  });
  return best;
}

/** Leading directions of W + dW that W did not have. */
export const intruders: Analyzer<z.output<typeof config>> = {
  id: 'intruders',
  summary: 'Leading singular vectors of W + dW that resemble none of W’s',
  source: 'intruder dimensions, arXiv 2410.21228, section 3',
  config,
  measures: {
    left: {
      title: 'intruders, left',
      unit: 'directions',
      explanation:
        'Among the k leading left vectors of W + dW, those whose cosine to every left vector of W is below 0.5.',
    },
    right: {
      title: 'intruders, right',
      unit: 'directions',
      explanation: 'The same among right vectors.',
    },
    lowest_left: {
      title: 'lowest best cosine, left',
      unit: '1',
      explanation:
        'The smallest, over the k leading left vectors of W + dW, of the largest cosine to a left vector of W.',
    },
    lowest_right: {
      title: 'lowest best cosine, right',
      unit: '1',
      explanation: 'The same for right vectors.',
    },
  },
  async analyze({ cosine }, layer) {
    const left = bestOf((await layer.mergedOverlap('left')).along);
    const right = bestOf((await layer.mergedOverlap('right')).along);
    const below = (best: readonly number[]): number => best.filter((value) => value < cosine).length;
    return {
      numbers: {
        left: below(left),
        right: below(right),
        lowest_left: Math.min(...left),
        lowest_right: Math.min(...right),
      },
      series: [
        {
          title: 'Best cosine of each leading direction of W + dW to one of W',
          x: { label: 'direction of W + dW', values: left.map((_, index) => index + 1) },
          y: { label: 'best cosine', unit: '1', scale: 'linear' },
          lines: [
            { label: 'left', values: left },
            { label: 'right', values: right },
          ],
        },
      ],
    };
  },
};

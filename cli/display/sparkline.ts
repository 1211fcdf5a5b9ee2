const levels = { blocks: Array.from('▁▂▃▄▅▆▇█'), plain: Array.from('_.-=+*#@') };

/** How a sparkline is drawn. */
export interface SparklineOptions {
  /** Most characters. */
  readonly width: number;
  readonly hasUnicode: boolean;
  /** Value of the lowest and the highest level, where they are not those of the values themselves. */
  readonly range?: readonly [number, number];
}

/** A line of values, oldest first, one character each or the mean of several; a blank where there is no number. */
export function sparkline(values: readonly number[], { width, hasUnicode, range }: SparklineOptions): string {
  const marks = hasUnicode ? levels.blocks : levels.plain;
  const means = buckets(values, width);
  const finite = means.filter(Number.isFinite);
  const [low, high] = range ?? [Math.min(...finite), Math.max(...finite)];
  return means
    .map((value) => {
      if (!Number.isFinite(value)) return ' ';
      const share = high > low ? (value - low) / (high - low) : 0.5;
      return marks[Math.min(marks.length - 1, Math.max(0, Math.floor(share * marks.length)))] ?? ' ';
    })
    .join('');
}

/** A bar that is filled by a share from 0 to 1. */
export function progressBar(share: number, width: number, hasUnicode: boolean): string {
  const [full, empty] = hasUnicode ? ['█', '░'] : ['#', '.'];
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return full.repeat(filled) + empty.repeat(Math.max(0, width - filled));
}

function buckets(values: readonly number[], width: number): readonly number[] {
  if (values.length <= width) return values;
  return Array.from({ length: width }, (_, index) => {
    const part = values.slice(
      Math.floor((index * values.length) / width),
      Math.floor(((index + 1) * values.length) / width),
    );
    const finite = part.filter(Number.isFinite);
    return finite.reduce((sum, value) => sum + value, 0) / finite.length;
  });
}

/** A direction of a chart: values to places, and where the ticks are. */
export interface Axis {
  readonly ticks: readonly number[];
  /** The place of a value in the drawing's units; undefined for what has none (0 on a logarithmic axis). */
  place(value: number): number | undefined;
}

/** Where an axis begins and ends in the drawing; `from` may lie after `to`. */
export interface AxisSpan {
  readonly from: number;
  readonly to: number;
}

const NICE_STEPS = [1, 2, 2.5, 5, 10];
const SMALLEST_RELATIVE_RANGE = 1e-9;

/** An even axis over at least `lowest` to `highest`, ending on ticks unless `exact`. */
export function linearAxis(lowest: number, highest: number, span: AxisSpan, { count = 4, exact = false } = {}): Axis {
  const size = Math.max(Math.abs(lowest), Math.abs(highest));
  const flat = highest - lowest <= size * SMALLEST_RELATIVE_RANGE;
  const margin = size === 0 ? 1 : size / 2;
  // What is always 0 is never below it: counts, shares, norms.
  const [low, high] = flat && !exact ? [size === 0 ? 0 : lowest - margin, highest + margin] : [lowest, highest];
  const step = niceStep((high - low) / count);
  const first = exact ? Math.ceil(low / step) : Math.floor(low / step + 1e-9);
  const last = exact ? Math.floor(high / step) : Math.ceil(high / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => roundTo((first + index) * step, step));
  const [start, end] = exact ? [low, high] : [ticks[0] ?? low, ticks.at(-1) ?? high];
  return { ticks, place: (value) => span.from + ((value - start) / (end - start || 1)) * (span.to - span.from) };
}

/** An axis on which each tick is ten times the one before. Both ends above 0. */
export function logarithmicAxis(lowest: number, highest: number, span: AxisSpan): Axis {
  const first = Math.floor(Math.log10(lowest) + 1e-9);
  const last = Math.max(Math.ceil(Math.log10(highest) - 1e-9), first + 1);
  const every = Math.ceil((last - first) / 5);
  const ticks = Array.from(
    { length: Math.floor((last - first) / every) + 1 },
    (_, index) => 10 ** (first + index * every),
  );
  const place = (value: number): number | undefined =>
    value > 0 ? span.from + ((Math.log10(value) - first) / (last - first)) * (span.to - span.from) : undefined;
  return { ticks, place };
}

function niceStep(rough: number): number {
  if (!(rough > 0)) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * (NICE_STEPS.find((step) => step * power >= rough * (1 - 1e-9)) ?? 10);
}

function roundTo(value: number, step: number): number {
  const decimals = Math.min(Math.max(0, 2 - Math.floor(Math.log10(step))), 100);
  return Number(value.toFixed(decimals));
}

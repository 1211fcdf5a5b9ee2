/** What a number counts, which decides how it is written. */
export type Unit = 'plain' | 'fraction' | 'tokens' | 'tokensPerSecond' | 'seconds' | 'bytes' | 'nats';

const MISSING = '–';
const MINUS = '−';

/** `12345.6` as `12,346`: whole, with thousands separated. */
export function formatCount(value: number): string {
  return signed(value, (size) => String(Math.round(size)).replace(/\B(?=(\d{3})+$)/gu, ','));
}

/** Three significant digits, without needless zeros; very large and small numbers with an exponent. */
export function formatNumber(value: number): string {
  return signed(value, (size) => {
    if (size === 0) {
      return '0';
    }
    if (size < 1e-3 || size >= 1e7) {
      const [digits = '', exponent = ''] = size.toExponential(2).split('e');
      return `${String(Number(digits))}e${Number(exponent)}`;
    }
    return size >= 1000 ? formatCount(size) : String(Number(size.toPrecision(3)));
  });
}

/** Seconds as people say them: `0.42 s`, `1 min 43 s`, `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 59.95) {
    return `${formatNumber(seconds)}${Number.isFinite(seconds) ? ' s' : ''}`;
  }
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}

/** A value with its unit, as text. */
export function formatValue(value: number, unit: Unit): string {
  if (!Number.isFinite(value)) {
    return formatNumber(value);
  }
  switch (unit) {
    case 'fraction':
      return `${signed(value, (size) => (100 * size).toFixed(1))} %`;
    case 'tokens':
      return formatNumber(value);
    case 'tokensPerSecond':
      return `${formatNumber(value)} tok/s`;
    case 'seconds':
      return formatSeconds(value);
    case 'bytes':
      return formatBytes(value);
    case 'nats':
      return `${formatNumber(value)} nats`;
    case 'plain':
      return formatNumber(value);
  }
}

function formatBytes(bytes: number): string {
  const units = ['KiB', 'MiB', 'GiB'];
  const power = bytes >= 2 ** 30 ? 2 : bytes >= 2 ** 20 ? 1 : 0;
  return `${formatNumber(bytes / 1024 ** (power + 1))} ${units[power] ?? ''}`;
}

/** A label for an axis: as short as can be. Bytes are given in the multiple that the axis names. */
export function formatTick(value: number, unit: Unit): string {
  if (unit === 'fraction') {
    return `${formatNumber(100 * value)} %`;
  }
  if (unit === 'seconds') {
    return value === 0 ? '0' : formatValue(value, unit);
  }
  return Math.abs(value) >= 1000 && Math.abs(value) < 1e6 ? `${formatNumber(value / 1000)}k` : formatNumber(value);
}

/** An ISO moment as `2026-11-24 17:11 UTC`; other text as it is. */
export function formatMoment(moment: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?Z$/u.exec(moment);
  return match ? `${match[1] ?? ''} ${match[2] ?? ''} UTC` : moment;
}

function signed(value: number, format: (size: number) => string): string {
  if (Number.isNaN(value)) {
    return MISSING;
  }
  if (!Number.isFinite(value)) {
    return value > 0 ? '∞' : `${MINUS}∞`;
  }
  const text = format(Math.abs(value));
  return value < 0 && /[1-9]/u.test(text) ? MINUS + text : text;
}

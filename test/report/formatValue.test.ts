import { describe, expect, it } from 'vitest';
import { formatCount, formatMoment, formatNumber, formatSeconds, formatValue } from '../../core/report/formatValue.ts';

describe('numbers', () => {
  it.each([
    [0, '0'],
    [-0, '0'],
    [0.1234567, '0.123'],
    [-12.3456, '−12.3'],
    [999.6, '1000'],
    [12345.6, '12,346'],
    [1e7, '1e7'],
    [0.000012345, '1.23e-5'],
    [NaN, '–'],
    [-Infinity, '−∞'],
  ])('%s is %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it('counts have their thousands apart', () => {
    expect([0, 999, 1000, 1234567, -1234].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567', '−1,234']);
  });
});

describe('values with units', () => {
  it.each([
    [0.64159, 'fraction', '64.2 %'],
    [1, 'fraction', '100.0 %'],
    [512, 'bytes', '0.5 KiB'],
    [300 * 2 ** 20, 'bytes', '300 MiB'],
    [3 * 2 ** 30, 'bytes', '3 GiB'],
    [11922.4, 'tokensPerSecond', '11,922 tok/s'],
    [0.21, 'nats', '0.21 nats'],
    [103, 'seconds', '1 min 43 s'],
    [NaN, 'seconds', '–'],
  ] as const)('%s as %s is %s', (value, unit, text) => {
    expect(formatValue(value, unit)).toBe(text);
  });

  it('seconds are said as people say them', () => {
    expect([0.42, 59.4, 60, 103, 7500].map(formatSeconds)).toEqual([
      '0.42 s',
      '59.4 s',
      '1 min 0 s',
      '1 min 43 s',
      '2 h 5 min',
    ]);
    expect(formatSeconds(59.96)).toBe('1 min 0 s');
    expect(formatSeconds(7199.7)).toBe('2 h 0 min');
  });

  it('moments are short, and other text stays', () => {
    expect(formatMoment('2026-11-24T17:11:02.123Z')).toBe('2026-11-24 17:11 UTC');
    expect(formatMoment('yesterday')).toBe('yesterday');
  });
});

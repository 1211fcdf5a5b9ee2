const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

type Directive = (date: Date) => string;

const padded = (value: number, width = 2): string => String(value).padStart(width, '0');
const twelveHours = (date: Date): number => date.getHours() % 12 || 12;

const directives: Readonly<Record<string, Directive>> = {
  '%': () => '%',
  a: (date) => (days[date.getDay()] ?? '').slice(0, 3),
  A: (date) => days[date.getDay()] ?? '',
  b: (date) => (months[date.getMonth()] ?? '').slice(0, 3),
  B: (date) => months[date.getMonth()] ?? '',
  d: (date) => padded(date.getDate()),
  e: (date) => String(date.getDate()).padStart(2, ' '),
  F: (date) => format(date, '%Y-%m-%d'),
  H: (date) => padded(date.getHours()),
  I: (date) => padded(twelveHours(date)),
  j: (date) => padded(dayOfYear(date), 3),
  m: (date) => padded(date.getMonth() + 1),
  M: (date) => padded(date.getMinutes()),
  p: (date) => (date.getHours() < 12 ? 'AM' : 'PM'),
  S: (date) => padded(date.getSeconds()),
  T: (date) => format(date, '%H:%M:%S'),
  y: (date) => padded(date.getFullYear() % 100),
  Y: (date) => String(date.getFullYear()),
};

/**
 * Python's `datetime.strftime` in the C locale, local time. `%-d` and the like leave out padding.
 *
 * @throws RangeError for a directive it does not know
 */
export function strftime(date: Date, pattern: string): string {
  return format(date, pattern);
}

function format(date: Date, pattern: string): string {
  return pattern.replace(/%(-?)(.|$)/gsu, (directive, flag: string, letter: string) => {
    const value = Object.hasOwn(directives, letter) ? directives[letter]?.(date) : undefined;
    if (value === undefined) {
      throw new RangeError(`strftime_now does not know ${directive}; choices: ${Object.keys(directives).join(' ')}`);
    }
    return flag === '' ? value : value.replace(/^[0 ]+(?=.)/, '');
  });
}

function dayOfYear(date: Date): number {
  const midnight = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return (midnight - Date.UTC(date.getFullYear(), 0, 1)) / 86_400_000 + 1;
}

import { rational, type Rational } from '../rational.ts';

/** A unit of measurement, or the name of what is counted. */
export interface Unit {
  /** Quantities of one dimension can be equal: `length`, `length^2`, `length*time^-1`, `percent`, `noun:apple`. */
  readonly dimension: string;
  /** How many of the dimension's base unit this is; times pi where `timesPi`. */
  readonly factor: Rational;
  readonly timesPi: boolean;
  readonly name: string;
}

const LONGEST_NOUN = 3;

/** dimension: unit and how many base units it is (`a/b`), its names. */
const TABLE: Readonly<Record<string, readonly (readonly [factor: string, names: string])[]>> = {
  length: [
    ['1', 'm meter meters metre metres'],
    ['1/1000', 'mm millimeter millimeters millimetre millimetres'],
    ['1/100', 'cm cms centimeter centimeters centimetre centimetres'],
    ['1/10', 'dm decimeter decimeters decimetre decimetres'],
    ['1000', 'km kms kilometer kilometers kilometre kilometres'],
    ['127/5000', 'in inch inches'],
    ['381/1250', 'ft foot feet'],
    ['1143/1250', 'yd yard yards'],
    ['201168/125', 'mi mile miles'],
    ['1/1000000', 'micrometer micrometers'],
    ['1/1000000000', 'nm nanometer nanometers'],
  ],
  mass: [
    ['1', 'g gram grams gm'],
    ['1/1000', 'mg milligram milligrams'],
    ['1000', 'kg kgs kilogram kilograms kilo kilos'],
    ['1000000', 'tonne tonnes'],
    ['45359237/100000', 'lb lbs pound-mass'],
    ['45359237/1600000', 'oz ounce ounces'],
  ],
  time: [
    ['1', 's sec secs second seconds'],
    ['1/1000', 'ms millisecond milliseconds'],
    ['60', 'min mins minute minutes'],
    ['3600', 'h hr hrs hour hours'],
    ['86400', 'day days'],
    ['604800', 'week weeks'],
  ],
  year: [
    ['1', 'year years yr yrs'],
    ['1/12', 'month months'],
    ['10', 'decade decades'],
    ['100', 'century centuries'],
  ],
  'length^3': [
    ['1/1000', 'l L liter liters litre litres'],
    ['1/1000000', 'ml mL milliliter milliliters millilitre millilitres cc'],
    ['1/100000', 'cl cL centiliter centiliters'],
    ['1/10000', 'dl dL deciliter deciliters'],
  ],
  gallon: [
    ['1', 'gal gallon gallons'],
    ['1/4', 'qt quart quarts'],
    ['1/8', 'pt pint pints'],
    ['1/16', 'cup cups'],
  ],
  dollar: [
    ['1', '$ dollar dollars usd USD bucks'],
    ['1/100', 'cent cents ¢'],
  ],
  euro: [['1', '€ euro euros eur EUR']],
  pound: [['1', '£ pound pounds gbp GBP']],
  yen: [['1', '¥ yen jpy JPY']],
  yuan: [['1', 'yuan rmb RMB cny CNY']],
  rupee: [['1', '₹ rupee rupees rs Rs inr INR']],
  angle: [['1', 'rad radian radians']],
  percent: [['1', '% percent pct']],
  celsius: [['1', '°C celsius']],
  fahrenheit: [['1', '°F fahrenheit']],
  kelvin: [['1', 'K kelvin kelvins']],
  force: [['1', 'N newton newtons']],
  energy: [
    ['1', 'J joule joules'],
    ['1000', 'kJ kilojoule kilojoules'],
  ],
  power: [
    ['1', 'W watt watts'],
    ['1000', 'kW kilowatt kilowatts'],
  ],
  frequency: [
    ['1', 'Hz hertz'],
    ['1000', 'kHz kilohertz'],
    ['1000000', 'MHz megahertz'],
  ],
  voltage: [['1', 'V volt volts']],
  current: [['1', 'A amp amps ampere amperes']],
  resistance: [['1', 'Ω ohm ohms']],
  amount: [['1', 'mol mole moles']],
  unit: [['1', 'unit units']],
};

/** Words that multiply what stands before them. */
const MULTIPLIERS: Readonly<Record<string, bigint>> = {
  dozen: 12n,
  hundred: 100n,
  thousand: 1_000n,
  million: 1_000_000n,
  billion: 1_000_000_000n,
  trillion: 1_000_000_000_000n,
};

/** Words with which a text after a number says more than what is counted. */
const NO_NOUN = new RegExp(
  `^(?:${(
    'or and not any every other is are was if but either neither nor maybe possibly plus minus times divided over ' +
    'squared cubed more less most least at than about approximately to from of off for when where with without ' +
    'except half pairs? the a an by in on no none all each only mod modulo base true false wrong correct infinity ' +
    'root square cube cubic degrees? pi'
  )
    .split(' ')
    .join('|')})$`,
  'iu',
);

const DEGREE_NAMES = ['degree', 'degrees', 'deg', '°'];
const units = new Map<string, Unit>();
for (const [dimension, rows] of Object.entries(TABLE)) {
  for (const [factor, names] of rows) {
    const [top = '1', bottom = '1'] = factor.split('/');
    const value = rational(BigInt(top), BigInt(bottom));
    const [name = ''] = names.split(' ');
    for (const alias of value ? names.split(' ') : []) {
      units.set(alias, { dimension, factor: value ?? { numerator: 1n, denominator: 1n }, timesPi: false, name });
    }
  }
}
for (const name of DEGREE_NAMES) {
  units.set(name, { dimension: 'angle', factor: { numerator: 1n, denominator: 180n }, timesPi: true, name: 'degree' });
}

for (const [name, meaning] of [
  ['mph', 'miles per hour'],
  ['kph', 'km per h'],
] as const) {
  const unit = readUnit(meaning);
  if (unit) {
    units.set(name, unit);
  }
}

/** The unit of this name, singular or plural, as a symbol or a word. */
export function namedUnit(name: string): Unit | undefined {
  return units.get(name) ?? (name.length > 2 ? units.get(name.toLowerCase()) : undefined);
}

/** What a word multiplies by: `million`, `dozen`. */
export function multiplierOf(word: string): bigint | undefined {
  return Object.hasOwn(MULTIPLIERS, word.toLowerCase()) ? MULTIPLIERS[word.toLowerCase()] : undefined;
}

/** The unit to a whole power: `cm^2`. */
export function unitPower(unit: Unit, exponent: number): Unit | undefined {
  if (exponent === 1) {
    return unit;
  }
  if (exponent === 0 || Math.abs(exponent) > 9 || unit.timesPi) {
    return undefined;
  }
  const [base, inverse] = [unit.factor, { numerator: unit.factor.denominator, denominator: unit.factor.numerator }];
  const size = BigInt(Math.abs(exponent));
  const factor = exponent > 0 ? base : inverse;
  return combined(
    unit.dimension.split('*').map((part) => {
      const [name = '', power = '1'] = part.split('^');
      return [name, Number(power) * exponent] as const;
    }),
    { numerator: factor.numerator ** size, denominator: factor.denominator ** size },
    `${unit.name}^${exponent}`,
  );
}

/** The product of two units: `m` and `s^-1`. */
export function unitProduct(left: Unit, right: Unit): Unit | undefined {
  const factor = rational(
    left.factor.numerator * right.factor.numerator,
    left.factor.denominator * right.factor.denominator,
  );
  const parts = [left, right]
    .flatMap((unit) => unit.dimension.split('*'))
    .map((part) => {
      const [name = '', power = '1'] = part.split('^');
      return [name, Number(power)] as const;
    });
  return factor && !left.timesPi && !right.timesPi ? combined(parts, factor, `${left.name}*${right.name}`) : undefined;
}

function combined(parts: readonly (readonly [string, number])[], factor: Rational, name: string): Unit {
  const powers = new Map<string, number>();
  for (const [dimension, power] of parts) {
    powers.set(dimension, (powers.get(dimension) ?? 0) + power);
  }
  const dimension = [...powers]
    .filter(([, power]) => power !== 0)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([base, power]) => (power === 1 ? base : `${base}^${power}`))
    .join('*');
  return { dimension, factor, timesPi: false, name };
}

/** A text after a number as a unit: `miles per hour`, `square centimeters`, `km/h`, `students`; undefined for other prose. */
export function readUnit(text: string): Unit | undefined {
  const words = text.trim().replace(/\.$/u, '').replaceAll('/', ' per ').split(/\s+/u);
  const split = words.indexOf('per');
  if (split > 0) {
    const [top, bottom] = [readUnit(words.slice(0, split).join(' ')), readUnit(words.slice(split + 1).join(' '))];
    const inverse = bottom && unitPower(bottom, -1);
    return top && inverse && unitProduct(top, inverse);
  }
  return readPowerUnit(words) ?? readNoun(words);
}

function readPowerUnit(words: readonly string[]): Unit | undefined {
  const [first = '', second = ''] = words;
  if (words.length === 1) {
    const [, name = first, power = '1'] = /^(.*?)\^?(-?\d)$/u.exec(first) ?? [];
    const unit = namedUnit(name);
    return unit && unitPower(unit, Number(power));
  }
  if (words.length === 2) {
    const exponent = /^(?:square|sq\.?)$/iu.test(first) ? 2 : /^(?:cubic|cu\.?)$/iu.test(first) ? 3 : undefined;
    const named = namedUnit(second);
    if (exponent !== undefined) {
      return named && unitPower(named, exponent);
    }
    const after = second === 'squared' ? 2 : second === 'cubed' ? 3 : undefined;
    const base = namedUnit(first);
    if (after !== undefined) {
      return base && unitPower(base, after);
    }
    const scale =
      /^degrees?$/iu.test(first) && /^(?:celsius|fahrenheit|C|F)$/iu.test(second) ? second.charAt(0) : undefined;
    return scale === undefined ? undefined : namedUnit(`°${scale.toUpperCase()}`);
  }
  return undefined;
}

/** Things that are counted: one to three words. */
function readNoun(words: readonly string[]): Unit | undefined {
  const isNoun = words.every((word) => /^\p{L}[\p{L}'-]+$/u.test(word) && !NO_NOUN.test(word));
  if (!isNoun || words.length === 0 || words.length > LONGEST_NOUN) {
    return undefined;
  }
  const name = words.map((word) => singular(word.toLowerCase())).join(' ');
  return { dimension: `noun:${name}`, factor: { numerator: 1n, denominator: 1n }, timesPi: false, name };
}

function singular(word: string): string {
  if (word === 'people') {
    return 'person';
  }
  return /[^su]s$/u.test(word)
    ? word
        .replace(/ies$/u, 'y')
        .replace(/(?<=ch|sh|x|ss)es$/u, '')
        .replace(/s$/u, '')
    : word;
}

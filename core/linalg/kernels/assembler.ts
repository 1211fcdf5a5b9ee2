/** WebAssembly instructions: bytes, nested as the expressions are. */
export type Code = number | readonly Code[];

/** A type of values on WebAssembly's stack. */
export type ValueType = 'i32' | 'f64' | 'v128';

/** A variable of a function. */
export interface Local {
  readonly get: Code;
  set(value: Code): Code;
}

/** One function of a module. */
export interface KernelFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

const typeCodes: Readonly<Record<ValueType, number>> = { i32: 0x7f, f64: 0x7c, v128: 0x7b };
const EMPTY_BLOCK = 0x40;

/** LEB128, as indices and sizes are written. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest === 0 ? low : low + 128);
  } while (rest !== 0);
  return bytes;
}

/** LEB128 of a signed 32-bit number. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}

const binary = (opcode: number) => (left: Code, right: Code) => [left, right, opcode];
const vector = (opcode: number) => [0xfd, unsigned(opcode)];
const vectorBinary = (opcode: number) => (left: Code, right: Code) => [left, right, vector(opcode)];
const EIGHT_BYTES = 3;
const NO_ALIGNMENT = 0;

/** Instructions on 32-bit integers, which addresses are as well. */
export const i32 = {
  constant: (value: number): Code => [0x41, signed(value)],
  add: binary(0x6a),
  subtract: binary(0x6b),
  multiply: binary(0x6c),
  /** 1 where left < right, unsigned. */
  less: binary(0x49),
};

/** Instructions on doubles. */
export const f64 = {
  constant: (value: number): Code => [0x44, [...new Uint8Array(new Float64Array([value]).buffer)]],
  load: (address: Code, offset = 0): Code => [address, 0x2b, EIGHT_BYTES, unsigned(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [address, value, 0x39, EIGHT_BYTES, unsigned(offset)],
  add: binary(0xa0),
  subtract: binary(0xa1),
  multiply: binary(0xa2),
};

/** Instructions on pairs of doubles. */
export const f64x2 = {
  zero: [0x44, 0, 0, 0, 0, 0, 0, 0, 0, vector(0x14)] as Code,
  splat: (value: Code): Code => [value, vector(0x14)],
  load: (address: Code, offset = 0): Code => [address, vector(0x00), NO_ALIGNMENT, unsigned(offset)],
  /** One double, twice. */
  loadSplat: (address: Code, offset = 0): Code => [address, vector(0x0a), NO_ALIGNMENT, unsigned(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [
    address,
    value,
    vector(0x0b),
    NO_ALIGNMENT,
    unsigned(offset),
  ],
  lane: (value: Code, lane: 0 | 1): Code => [value, vector(0x21), lane],
  add: vectorBinary(0xf0),
  subtract: vectorBinary(0xf1),
  multiply: vectorBinary(0xf2),
};

/** Both lanes added. */
export function laneSum(value: Local): Code {
  return f64.add(f64x2.lane(value.get, 0), f64x2.lane(value.get, 1));
}

/** `body` for `index` = its present value, + step, ... while below `end`. */
export function countUp(index: Local, end: Code, step: Code, body: Code): Code {
  const goesOn = i32.less(index.get, end);
  const loop = [0x03, EMPTY_BLOCK, body, index.set(i32.add(index.get, step)), goesOn, 0x0d, 0, 0x0b];
  return [goesOn, 0x04, EMPTY_BLOCK, loop, 0x0b];
}

/** A function of a module: `write` gets its parameters and makes its further variables with `local`. */
export function kernel<const Parameters extends readonly ValueType[]>(
  name: string,
  parameters: Parameters,
  write: (parameters: { [Index in keyof Parameters]: Local }, local: (type: ValueType) => Local) => Code,
): KernelFunction {
  const locals: ValueType[] = [];
  const at = (index: number): Local => ({
    get: [0x20, unsigned(index)],
    set: (value) => [value, 0x21, unsigned(index)],
  });
  const body = write(parameters.map((_, index) => at(index)) as { [Index in keyof Parameters]: Local }, (type) =>
    at(parameters.length + locals.push(type) - 1),
  );
  return { name, parameters, locals, body };
}

function flatten(code: Code, bytes: number[]): number[] {
  if (typeof code === 'number') bytes.push(code);
  else for (const part of code) flatten(part, bytes);
  return bytes;
}

const sized = (content: Code): number[] => {
  const bytes = flatten(content, []);
  return [...unsigned(bytes.length), ...bytes];
};
const section = (id: number, content: Code): Code => [id, sized(content)];
const list = (items: readonly Code[]): Code => [unsigned(items.length), items];
const text = (value: string): Code => list([...Buffer.from(value)]);

/** A module of `functions` over a shared memory that it imports as `env.memory`. */
export function assembleModule(functions: readonly KernelFunction[], mostPages: number): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }) => [0x60, list(parameters.map((type) => typeCodes[type])), 0]);
  const memory = [text('env'), text('memory'), 0x02, 0x03, 0, unsigned(mostPages)];
  const bodies = functions.map(({ locals, body }) =>
    sized([list(locals.map((type) => [1, typeCodes[type]])), body, 0x0b]),
  );
  return Uint8Array.from(
    flatten(
      [
        [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
        section(1, list(types)),
        section(2, list([memory])),
        section(3, list(functions.map((_, index) => unsigned(index)))),
        section(7, list(functions.map(({ name }, index) => [text(name), 0x00, unsigned(index)]))),
        section(10, list(bodies)),
      ],
      [],
    ),
  );
}

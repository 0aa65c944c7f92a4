import type { Random } from '../support/random.js';

/** Text that stands in a document as it is, be it JSON or not. */
export class Verbatim {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Json = null | boolean | number | string | Verbatim | Json[] | { [name: string]: Json };

/** The text of a document. */
export function writeJson(value: Json): string {
  if (value instanceof Verbatim) return value.text;
  if (Array.isArray(value)) return `[${value.map(writeJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, member]) => `${JSON.stringify(name)}:${writeJson(member)}`)
    .join(',')}}`;
}

/** Changes one place of a document: another value, one member less or twice, another name, another order. */
export function mutateJson(document: Json, random: Random): Json {
  const copy = structuredCloneOf(document);
  const places = placesOf(copy);
  if (places.length === 0) return nastyValue(random);
  const { parent, key } = random.pick(places);
  const kind = random.integer(0, 6);
  if (Array.isArray(parent)) mutateArray(parent, Number(key), { kind, random });
  else mutateObject(parent, String(key), { kind, random });
  return copy;
}

interface Choice {
  readonly kind: number;
  readonly random: Random;
}

function mutateArray(list: Json[], index: number, { kind, random }: Choice): void {
  const here = list[index] ?? null;
  if (kind === 0) list.splice(index, 1);
  else if (kind === 1) list.splice(index, 0, here);
  else if (kind === 2) list[index] = [here];
  else list[index] = nearbyOrNasty(here, random);
}

function mutateObject(object: { [name: string]: Json }, name: string, { kind, random }: Choice): void {
  const here = object[name] ?? null;
  if (kind === 0) delete object[name];
  else if (kind === 1) object[name] = new Verbatim(`${writeJson(here)},${JSON.stringify(name)}:${writeJson(here)}`);
  else if (kind === 2) {
    delete object[name];
    object[random.pick(NAMES)] = here;
  } else object[name] = nearbyOrNasty(here, random);
}

function nearbyOrNasty(value: Json, random: Random): Json {
  if (typeof value === 'number' && random.chance(0.5)) return value + random.pick([-1, 1, 0.5, 255, 65_536]);
  if (typeof value === 'string' && random.chance(0.5)) return random.pick([...WORDS, `${value} `, value.toUpperCase()]);
  return nastyValue(random);
}

interface Place {
  readonly parent: Json[] | { [name: string]: Json };
  readonly key: string | number;
}

function placesOf(value: Json): Place[] {
  if (value === null || typeof value !== 'object' || value instanceof Verbatim) return [];
  const entries: [string | number, Json][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, member]) => [{ parent: value, key }, ...placesOf(member)]);
}

/** `structuredClone` would take Verbatim's class away. */
function structuredCloneOf(value: Json): Json {
  if (value === null || typeof value !== 'object' || value instanceof Verbatim) return value;
  if (Array.isArray(value)) return value.map(structuredCloneOf);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, structuredCloneOf(member)]));
}

function nastyValue(random: Random): Json {
  const value = random.pick(NASTY);
  return typeof value === 'function' ? value(random) : value;
}

const WORDS = [
  '',
  'x',
  'y',
  'FP32',
  'FP16',
  'BYTES',
  'BOOL',
  'INT64',
  'FP8',
  '__proto__',
  'constructor',
  '\u0000',
  '\ud800',
  '💥',
];
const NAMES = [
  ...['inputs', 'outputs', 'id', 'parameters', 'name', 'shape', 'datatype', 'data', 'binary_data_size', '__proto__'],
  ...[
    'classification',
    'priority',
    'timeout',
    'sequence_id',
    'sequence_start',
    'binary_data_output',
    'config',
    'ready',
  ],
  ...[
    'model',
    'messages',
    'role',
    'content',
    'prompt',
    'input',
    'stream',
    'n',
    'max_tokens',
    'stop',
    'tools',
    'response_format',
  ],
  ...[
    'instances',
    'signature_name',
    'b64',
    'text_input',
    'arms',
    'version',
    'weight',
    'to',
    'steps',
    'grants',
    'value',
  ],
];

const NASTY: readonly (Json | ((random: Random) => Json))[] = [
  null,
  true,
  false,
  '',
  [],
  {},
  [[]],
  0,
  -1,
  0.5,
  1e308,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  new Verbatim('-0'),
  new Verbatim('9007199254740993'),
  new Verbatim('18446744073709551616'),
  new Verbatim('-9223372036854775809'),
  new Verbatim('1e999'),
  new Verbatim('1e-999'),
  new Verbatim('NaN'),
  new Verbatim('-Infinity'),
  new Verbatim('01'),
  new Verbatim('+1'),
  new Verbatim('1.'),
  new Verbatim('0x10'),
  new Verbatim(''),
  new Verbatim(',,'),
  new Verbatim('}'),
  new Verbatim('"\\u12"'),
  new Verbatim('"\\q"'),
  new Verbatim('"\\ud83d\\ude00"'),
  new Verbatim('"unended'),
  new Verbatim('1'.repeat(2_000)),
  [1_000_000_000, 1_000_000_000, 1_000_000_000],
  [0],
  [-1],
  [1, 0, 4],
  [2 ** 31, 2],
  [2 ** 53, 2 ** 53],
  (random) => 'long '.repeat(random.integer(1, 2_000)),
  (random) => new Verbatim(`${'['.repeat(random.integer(1, 4_000))}`),
  (random) => nested(random.integer(1, 4_000), '[', ']'),
  (random) => nested(random.integer(1, 1_000), '{"a":', '}'),
  (random) => Array.from({ length: random.integer(0, 3_000) }, () => random.integer(-9, 9)),
  (random) => Array.from({ length: random.integer(0, 40) }, () => random.next() * 1e6),
  (random) => random.integer(-(2 ** 31), 2 ** 31),
  (random) => random.pick(WORDS),
];

function nested(depth: number, open: string, close: string): Verbatim {
  return new Verbatim(`${open.repeat(depth)}1${close.repeat(depth)}`);
}

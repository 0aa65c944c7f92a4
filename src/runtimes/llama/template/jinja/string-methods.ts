import { isTrue, iterate } from './operators.js';
import { formatBraces } from './percent-format.js';
import { partition, rpartition, split, splitBack } from './split-text.js';
import { capitalize, characters, checkLength, joined, lengthOf, pad, splitLines, strip } from './text.js';
import {
  type Arguments,
  bind,
  numberOf,
  refuseNamed,
  TemplateError,
  Tuple,
  textOf,
  typeName,
  type Value,
} from './values.js';

interface Method {
  readonly parameters: readonly string[];
  /** Its arguments may be given by their names. Default: false. */
  readonly byName?: boolean;
  readonly run: (text: string, given: readonly (Value | undefined)[]) => Value;
}

/** `text.name(…)` as Python has it; undefined where texts have no such method. */
export function stringMethod(text: string, name: string): ((given: Arguments) => Value) | undefined {
  if (name === 'format') return (given) => formatBraces(text, given);
  const method = METHODS.get(name);
  if (method !== undefined) {
    return (given) => {
      if (method.byName !== true) refuseNamed(name, given);
      return method.run(text, bind(name, method.parameters, given));
    };
  }
  if (!MISSING.has(name)) return undefined;
  return () => {
    throw new TemplateError(`the method '${name}' of texts is not supported`);
  };
}

/** Methods of Python's texts that are not here. */
const MISSING = new Set([
  'encode',
  'expandtabs',
  'format_map',
  'isidentifier',
  'isprintable',
  'istitle',
  'maketrans',
  'translate',
]);

const plain = (run: (text: string) => Value): Method => ({ parameters: [], run });
/** Whether a text has a character, and all of them are of a kind. */
const all = (pattern: RegExp): Method => plain((text) => pattern.test(text));

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['upper', plain((text) => text.toUpperCase())],
  ['lower', plain((text) => text.toLowerCase())],
  ['casefold', plain((text) => text.toLowerCase().replaceAll('ß', 'ss'))],
  ['swapcase', plain((text) => characters(text).map(swapped).join(''))],
  ['capitalize', plain(capitalize)],
  ['title', plain(titleCase)],
  ['isdigit', all(/^\p{Nd}+$/u)],
  ['isdecimal', all(/^\p{Nd}+$/u)],
  ['isnumeric', all(/^\p{N}+$/u)],
  ['isalpha', all(/^\p{L}+$/u)],
  ['isalnum', all(/^[\p{L}\p{N}]+$/u)],
  ['isascii', plain((text) => !/[^\0-\u007f]/.test(text))],
  ['isspace', plain((text) => text !== '' && strip(text, undefined) === '')],
  ['islower', plain(isLower)],
  ['isupper', plain(isUpper)],
  ['strip', stripping('strip', 'both')],
  ['lstrip', stripping('lstrip', 'start')],
  ['rstrip', stripping('rstrip', 'end')],
  ['startswith', affix('startswith', (text, part) => text.startsWith(part))],
  ['endswith', affix('endswith', (text, part) => text.endsWith(part))],
  ['removeprefix', { parameters: ['prefix'], run: (text, [prefix]) => withoutPrefix(text, need(prefix)) }],
  ['removesuffix', { parameters: ['suffix'], run: (text, [suffix]) => withoutSuffix(text, need(suffix)) }],
  [
    'split',
    {
      parameters: ['sep', 'maxsplit'],
      byName: true,
      run: (text, [sep, most]) => split(text, count(most), optional(sep)),
    },
  ],
  [
    'rsplit',
    {
      parameters: ['sep', 'maxsplit'],
      byName: true,
      run: (text, [sep, most]) => splitBack(text, count(most), optional(sep)),
    },
  ],
  [
    'splitlines',
    { parameters: ['keepends'], byName: true, run: (text, [keeps = false]) => splitLines(text, isTrue(keeps)) },
  ],
  ['partition', { parameters: ['sep'], run: (text, [sep]) => partition(text, need(sep), text.indexOf(need(sep))) }],
  ['rpartition', { parameters: ['sep'], run: (text, [sep]) => rpartition(text, need(sep)) }],
  ['join', { parameters: ['iterable'], run: (text, [items = null]) => joined(iterate(items).map(need), text) }],
  [
    'replace',
    {
      parameters: ['old', 'new', 'count'],
      byName: true,
      run: (text, [old, by, most]) => replaceText(text, [need(old), need(by)], count(most)),
    },
  ],
  [
    'count',
    { parameters: ['sub', 'start', 'end'], run: (text, [sub, ...range]) => occurrences(cut(text, range), need(sub)) },
  ],
  ['find', { parameters: ['sub', 'start', 'end'], run: (text, [sub, ...range]) => find(text, need(sub), { range }) }],
  [
    'rfind',
    {
      parameters: ['sub', 'start', 'end'],
      run: (text, [sub, ...range]) => find(text, need(sub), { range, isLast: true }),
    },
  ],
  [
    'index',
    { parameters: ['sub', 'start', 'end'], run: (text, [sub, ...range]) => found(find(text, need(sub), { range })) },
  ],
  [
    'rindex',
    {
      parameters: ['sub', 'start', 'end'],
      run: (text, [sub, ...range]) => found(find(text, need(sub), { range, isLast: true })),
    },
  ],
  ['ljust', padding('right')],
  ['rjust', padding('left')],
  ['center', padding('center')],
  ['zfill', { parameters: ['width'], run: (text, [width]) => fillZeros(text, count(width)) }],
]);

function need(value: Value | undefined): string {
  const text = textOf(value);
  if (text !== undefined) return text;
  throw new TemplateError(value === undefined ? 'an argument is missing' : `expected a text, got '${typeName(value)}'`);
}

function optional(value: Value | undefined): string | undefined {
  return value === undefined || value === null ? undefined : need(value);
}

/** -1 where it is left out. */
function count(value: Value | undefined): number {
  if (value === undefined || value === null) return -1;
  const number = typeof value === 'number' || typeof value === 'boolean' ? numberOf(value) : undefined;
  if (number === undefined) throw new TemplateError(`'${typeName(value)}' object cannot be interpreted as an integer`);
  return number;
}

function swapped(character: string): string {
  const upper = character.toUpperCase();
  return character === upper ? character.toLowerCase() : upper;
}

/** As Python's: a letter behind none is large. */
function titleCase(text: string): string {
  return text.replace(/\p{L}+/gu, (word) => capitalize(word));
}

/** Whether it has letters with a case, and all of them are small. */
export function isLower(text: string): boolean {
  return text === text.toLowerCase() && text !== text.toUpperCase();
}

export function isUpper(text: string): boolean {
  return text === text.toUpperCase() && text !== text.toLowerCase();
}

function stripping(name: string, ends: 'both' | 'start' | 'end'): Method {
  return {
    parameters: ['chars'],
    run: (text, [chars = null]) => {
      if (chars !== null && textOf(chars) === undefined) throw new TemplateError(`${name} arg must be None or str`);
      return strip(text, textOf(chars), ends);
    },
  };
}

function affix(name: string, matches: (text: string, part: string) => boolean): Method {
  return {
    parameters: ['prefix', 'start', 'end'],
    run: (text, [part, start, end]) => {
      const parts = part instanceof Tuple ? part.items : [part];
      const whole = start === undefined && end === undefined ? text : cut(text, [start, end]);
      return parts.some((each) => {
        const wanted = textOf(each);
        if (wanted !== undefined) return matches(whole, wanted);
        throw new TemplateError(`${name} first arg must be str or a tuple of str`);
      });
    },
  };
}

function withoutPrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

function withoutSuffix(text: string, suffix: string): string {
  return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
}

/** `most` below 0 = all. */
export function replaceText(text: string, [old, by]: readonly [string, string], most = -1): string {
  if (most < 0 && old !== '') return joined(text.split(old), by);
  // Nothing is found before each character, and at the end.
  const parts = old === '' ? ['', ...characters(text), ''] : text.split(old);
  const replaced = most < 0 ? parts.length - 1 : Math.min(most, parts.length - 1);
  checkLength(text.length + replaced * by.length);
  return (
    parts
      .slice(0, replaced)
      .map((part) => part + by)
      .join('') + parts.slice(replaced).join(old)
  );
}

/** A part of a text by the numbers of its characters. */
function cut(text: string, [start, end]: readonly (Value | undefined)[]): string {
  const at = (value: Value | undefined) => (value === undefined || value === null ? undefined : count(value));
  return characters(text)
    .slice(at(start) ?? 0, at(end))
    .join('');
}

function occurrences(text: string, part: string): number {
  return part === '' ? lengthOf(text) + 1 : text.split(part).length - 1;
}

interface Search {
  readonly range: readonly (Value | undefined)[];
  readonly isLast?: boolean;
}

function find(text: string, part: string, { range, isLast = false }: Search): number {
  const within = cut(text, range);
  const at = isLast ? within.lastIndexOf(part) : within.indexOf(part);
  if (at < 0) return -1;
  const [start] = range;
  const from = start === undefined || start === null ? 0 : count(start);
  const skipped = from < 0 ? Math.max(0, lengthOf(text) + from) : from;
  return skipped + lengthOf(within.slice(0, at));
}

function found(at: number): number {
  if (at < 0) throw new TemplateError('substring not found');
  return at;
}

function padding(side: 'left' | 'right' | 'center'): Method {
  return {
    parameters: ['width', 'fillchar'],
    run: (text, [width, fill = ' ']) => pad(text, { width: count(width), fill: need(fill) }, side),
  };
}

function fillZeros(text: string, width: number): string {
  const [sign = ''] = /^[+-]?/.exec(text) ?? [];
  return sign + pad(text.slice(sign.length), { width: width - sign.length, fill: '0' }, 'left');
}

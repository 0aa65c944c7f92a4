import { integer } from './arithmetic.js';
import { type Filter, filterOf } from './filter.js';
import { isTrue, iterate } from './operators.js';
import { formatPercent } from './percent-format.js';
import { replaceText } from './string-methods.js';
import {
  capitalize,
  characters,
  checkLength,
  escapeHtml,
  lengthOf,
  pad,
  repeat,
  splitLines,
  str,
  strip,
} from './text.js';
import { Float, isDict, Markup, numberOf, TemplateError, Tuple, textOf, Undefined, type Value } from './values.js';

/** Filters that make texts and numbers of texts. */
export const TEXT_FILTERS: readonly (readonly [string, Filter])[] = [
  filterOf('upper', [], (value) => str(value).toUpperCase()),
  filterOf('lower', [], (value) => str(value).toLowerCase()),
  filterOf('capitalize', [], (value) => capitalize(str(value))),
  filterOf('title', [], (value) => titleWords(str(value))),
  filterOf('trim', ['chars'], (value, [chars = null]) => strip(str(value), chars === null ? undefined : str(chars))),
  filterOf('string', [], (value) => (value instanceof Markup ? value : str(value))),
  filterOf('safe', [], (value) => new Markup(str(value))),
  filterOf('escape', [], toMarkup),
  filterOf('e', [], toMarkup),
  filterOf('center', ['width'], (value, [width = 80]) => pad(str(value), { width: integerOf(width) }, 'center')),
  filterOf('indent', ['width', 'first', 'blank'], (value, [width = 4, first = false, blank = false]) =>
    indent(value, { width, first: isTrue(first), blank: isTrue(blank) }),
  ),
  filterOf('replace', ['old', 'new', 'count'], (value, [old = '', by = '', count = null]) =>
    replaceText(str(value), [str(old), str(by)], count === null ? -1 : integerOf(count)),
  ),
  filterOf('truncate', ['length', 'killwords', 'end', 'leeway'], truncate),
  filterOf('wordcount', [], (value) => [...str(value).matchAll(/[\p{L}\p{N}_]+/gu)].length),
  filterOf('urlencode', [], urlEncode),
  filterOf('int', ['default', 'base'], (value, [fallback = 0, base = 10]) =>
    toInteger(value, fallback, integerOf(base)),
  ),
  filterOf('float', ['default'], (value, [fallback = new Float(0)]) => toFloat(value, fallback)),
  [
    'format',
    (value, { positional, named }) => {
      if (positional.length > 0 && named.size > 0) {
        throw new TemplateError("can't handle positional and keyword arguments at the same time");
      }
      return formatPercent(str(value), named.size > 0 ? new Map(named) : new Tuple(positional));
    },
  ],
];

function integerOf(value: Value): number {
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value);
  throw new TemplateError('expected an integer');
}

/** A letter behind white space, a hyphen or an opening bracket is large. */
function titleWords(text: string): string {
  return text
    .split(/([-\s({[<]+)/)
    .map(capitalize)
    .join('');
}

function toMarkup(value: Value): Markup {
  return value instanceof Markup ? value : new Markup(escapeHtml(str(value)));
}

interface Indent {
  readonly width: Value;
  readonly first: boolean;
  readonly blank: boolean;
}

function indent(value: Value, { width, first, blank }: Indent): string {
  const text = textOf(value);
  if (text === undefined) {
    if (value instanceof Undefined) value.fail();
    throw new TemplateError('indent: expected a text');
  }
  const indention = textOf(width) ?? repeat(' ', integerOf(width));
  const lines = splitLines(`${text}\n`);
  checkLength(text.length + lines.length * indention.length);
  const indented = lines.map((line, at) => (at > 0 && (blank || line !== '') ? indention + line : line));
  return (first ? indention : '') + indented.join('\n');
}

function truncate(
  value: Value,
  [length = 255, kills = false, end = '...', leeway]: readonly (Value | undefined)[],
): Value {
  const text = str(value);
  const letters = characters(text);
  const most = integerOf(length);
  const ending = str(end);
  if (letters.length <= most + integerOf(leeway ?? 5)) return text;
  const kept = letters.slice(0, Math.max(0, most - lengthOf(ending))).join('');
  const at = kept.lastIndexOf(' ');
  return (isTrue(kills) || at < 0 ? kept : kept.slice(0, at)) + ending;
}

function urlEncode(value: Value): string {
  const quote = (text: string) =>
    encodeURIComponent(text).replace(
      /[!'()*]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  const pairs = isDict(value) ? [...value].map((pair) => new Tuple(pair)) : undefined;
  if (pairs === undefined && (textOf(value) !== undefined || value === null || numberOf(value) !== undefined)) {
    return quote(str(value)).replaceAll('%2F', '/');
  }
  return (pairs ?? iterate(value))
    .map((pair) =>
      iterate(pair)
        .map((part) => quote(str(part)).replaceAll('%20', '+'))
        .join('='),
    )
    .join('&');
}

const INTEGER = /^[+-]?\d+(?:_\d+)*$/;
const FLOAT = /^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?$/i;

function toInteger(value: Value, fallback: Value, base: number): Value {
  if (value instanceof Undefined) value.fail();
  const text = textOf(value);
  const number = text === undefined ? numberOf(value) : integerOfText(text, base);
  if (number === undefined || !Number.isFinite(number)) return fallback;
  return integer(Math.trunc(number));
}

function integerOfText(text: string, base: number): number | undefined {
  const trimmed = strip(text, undefined);
  if (base === 10) return INTEGER.test(trimmed) ? Number(trimmed.replaceAll('_', '')) : floatOfText(text);
  const digits = trimmed.replace(/^([+-]?)0[xob]/i, '$1').replaceAll('_', '');
  const number = Number.parseInt(digits, base);
  return /^[+-]?[\da-z]+$/i.test(digits) && !Number.isNaN(number) ? number : floatOfText(text);
}

function floatOfText(text: string): number | undefined {
  const trimmed = strip(text, undefined);
  if (FLOAT.test(trimmed)) return Number(trimmed.replaceAll('_', ''));
  const [, sign, name] = /^([+-]?)(inf|infinity|nan)$/i.exec(trimmed) ?? [];
  if (name === undefined) return undefined;
  if (name.toLowerCase() === 'nan') return Number.NaN;
  return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function toFloat(value: Value, fallback: Value): Value {
  if (value instanceof Undefined) value.fail();
  const text = textOf(value);
  const number = text === undefined ? numberOf(value) : floatOfText(text);
  return number === undefined ? fallback : new Float(number);
}

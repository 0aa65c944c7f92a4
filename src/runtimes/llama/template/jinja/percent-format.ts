import { floatText, lengthOf, pad, repeat, repr, str } from './text.js';
import {
  type Arguments,
  Float,
  isDict,
  Markup,
  numberOf,
  TemplateError,
  Tuple,
  Undefined,
  type Value,
} from './values.js';

const CONVERSION = /%(?:\(([^)]*)\))?([-+ #0]*)(\d+|\*)?(?:\.(\d+|\*))?[hlL]?([a-zA-Z%])?/g;

/** A text with values in place of `%s` and the like, as Python's `text % values`. Throws where they do not fit. */
export function formatPercent(text: string, values: Value): string {
  const given = values instanceof Tuple ? values.items : [values];
  let next = 0;
  const take = (): Value => {
    if (next >= given.length) throw new TemplateError('not enough arguments for format string');
    return given[next++] as Value;
  };
  const written = text.replace(CONVERSION, (_, name: string | undefined, ...more: (string | undefined)[]) => {
    const [flags = '', width, precision, type] = more;
    if (type === undefined) throw new TemplateError('incomplete format');
    if (type === '%') return '%';
    if (width === '*' || precision === '*') throw new TemplateError("'*' is not supported in a format");
    const value = name === undefined ? take() : member(values, name);
    return padded(converted(value, { type, flags, precision }), flags, Number(width ?? 0));
  });
  if (next < given.length && !isDict(values) && (values instanceof Tuple || next === 0)) {
    throw new TemplateError('not all arguments converted during string formatting');
  }
  return written;
}

function member(values: Value, name: string): Value {
  if (!isDict(values)) throw new TemplateError('format requires a mapping');
  const value = values.get(name);
  if (value === undefined) throw new TemplateError(`'${name}'`);
  return value;
}

function padded(text: string, flags: string, width: number): string {
  if (flags.includes('-')) return pad(text, { width }, 'right');
  if (!flags.includes('0') || !/^[+ -]?[\d.]/.test(text)) return pad(text, { width }, 'left');
  const [prefix = ''] = /^[+ -]?/.exec(text) ?? [];
  return prefix + pad(text.slice(prefix.length), { width: width - lengthOf(prefix), fill: '0' }, 'left');
}

interface Conversion {
  readonly type: string;
  readonly flags: string;
  readonly precision: string | undefined;
}

function converted(value: Value, { type, flags, precision }: Conversion): string {
  if (type === 's' || type === 'r') {
    const text = type === 's' ? str(value) : repr(value);
    return precision === undefined ? text : Array.from(text).slice(0, Number(precision)).join('');
  }
  if (value instanceof Undefined) value.fail();
  const number = numberOf(value);
  if (number === undefined || value instanceof Markup) {
    throw new TemplateError(`%${type} format: a real number is required`);
  }
  return signed(number, flags, formatNumber(number, type, precision === undefined ? undefined : Number(precision)));
}

function signed(number: number, flags: string, text: string): string {
  if (number < 0 || Object.is(number, -0)) return text;
  return flags.includes('+') ? `+${text}` : flags.includes(' ') ? ` ${text}` : text;
}

/** A number as the types of Python's formats write it. Throws for other types. */
export function formatNumber(number: number, type: string, precision: number | undefined): string {
  switch (type) {
    case 'd':
    case 'i':
    case 'u':
      return BigInt(Math.trunc(number)).toString();
    case 'x':
      return Math.trunc(number).toString(16);
    case 'X':
      return Math.trunc(number).toString(16).toUpperCase();
    case 'o':
      return Math.trunc(number).toString(8);
    case 'b':
      return Math.trunc(number).toString(2);
    case 'f':
    case 'F':
      return number.toFixed(Math.min(100, precision ?? 6));
    case 'e':
      return exponential(number, precision);
    case 'g':
      return general(number, precision ?? 6);
    default:
      throw new TemplateError(`the format '${type}' is not supported`);
  }
}

function exponential(number: number, precision = 6): string {
  return number.toExponential(Math.min(100, precision)).replace(/e([+-])(\d)$/, 'e$10$2');
}

function general(number: number, precision: number): string {
  if (number === 0) return '0';
  const digits = Math.min(100, Math.max(1, precision));
  const power = Number(number.toExponential(digits - 1).split('e')[1]);
  const isPlain = power >= -4 && power < digits;
  const text = isPlain ? number.toFixed(Math.min(100, digits - 1 - power)) : exponential(number, digits - 1);
  return text.includes('.') ? text.replace(/\.?0+(?=e|$)/, '') : text;
}

const FIELD = /\{\{|\}\}|\{([^{}:!]*)(?:!([rs]))?(?::([^{}]*))?\}|[{}]/g;
const SPEC = /^(?:(.)?([<>^=]))?([-+ ])?(0)?(\d+)?(,)?(?:\.(\d+))?([a-zA-Z%])?$/u;

/** A text with values in place of `{}` and the like, as Python's `text.format(…)`; fields are names and numbers only. */
export function formatBraces(text: string, given: Arguments): string {
  let next = 0;
  return text.replace(FIELD, (whole, name: string | undefined, ...more: (string | undefined)[]) => {
    const [conversion, spec = ''] = more;
    if (whole === '{{' || whole === '}}') return whole.slice(1);
    if (name === undefined) throw new TemplateError(`Single '${whole}' encountered in format string`);
    const field = name === '' ? String(next++) : name;
    const value = /^\d+$/.test(field) ? given.positional[Number(field)] : given.named.get(field);
    if (value === undefined) throw new TemplateError(`the format has a field '${field}' for which there is no value`);
    return formatSpec(conversion === 'r' ? repr(value) : value, spec);
  });
}

function formatSpec(value: Value, spec: string): string {
  if (spec === '') return str(value);
  const parts = SPEC.exec(spec);
  if (parts === null) throw new TemplateError(`the format '${spec}' is not supported`);
  const [, fill, align, flag = '', zero, width = '0', comma, precision, type] = parts;
  const number = numberOf(value);
  const isNumber = number !== undefined && type !== 's';
  let text = isNumber
    ? specNumber(value, { type, precision: precision === undefined ? undefined : Number(precision) })
    : Array.from(str(value))
        .slice(0, Number(precision ?? Number.POSITIVE_INFINITY))
        .join('');
  if (isNumber && comma !== undefined) text = text.replace(/\d(?=(?:\d{3})+(?!\d))(?<!\.\d*)/g, '$&,');
  if (isNumber) text = signed(number, flag, text);
  const size = Number(width);
  if (isNumber && align === undefined && zero !== undefined) return padded(text, '0', size);
  const filling = { width: size, fill: fill ?? ' ' };
  if (align !== '^') return pad(text, filling, align === '<' || (align === undefined && !isNumber) ? 'right' : 'left');
  // Unlike `center()`, the smaller half goes to the left.
  const left = Math.max(0, Math.floor((size - lengthOf(text)) / 2));
  return pad(repeat(filling.fill, left) + text, filling, 'right');
}

function specNumber(
  value: Value,
  { type, precision }: { type: string | undefined; precision: number | undefined },
): string {
  const number = numberOf(value) ?? 0;
  if (type === '%') return `${(number * 100).toFixed(precision ?? 6)}%`;
  if (type !== undefined) return formatNumber(number, type, precision);
  if (precision !== undefined) return formatNumber(number, 'g', precision);
  return value instanceof Float ? floatText(number) : String(number);
}

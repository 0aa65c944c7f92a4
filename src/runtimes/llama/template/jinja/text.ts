import {
  Float,
  isDict,
  isList,
  Lazy,
  MAX_TEXT,
  Markup,
  Namespace,
  Range,
  Structure,
  TemplateError,
  Tuple,
  Undefined,
  type Value,
  View,
} from './values.js';

/** What Python takes for white space. */
const SPACES = new Set(
  '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000',
);
const SURROGATES = /[\ud800-\udfff]/;

export function isSpace(character: string | undefined): boolean {
  return character !== undefined && SPACES.has(character);
}

/** A text as Python's `str()` writes a value. */
export function str(value: Value): string {
  if (typeof value === 'string') return value;
  if (value instanceof Markup) return value.text;
  if (value instanceof Undefined) return '';
  return repr(value);
}

/** A text as Python's `repr()` writes a value. */
export function repr(value: Value): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'number':
      return integerText(value);
    case 'boolean':
      return value ? 'True' : 'False';
    default:
      break;
  }
  if (value === null) return 'None';
  if (isList(value)) return `[${value.map(repr).join(', ')}]`;
  if (isDict(value)) return `{${[...value].map(([key, each]) => `${repr(key)}: ${repr(each)}`).join(', ')}}`;
  return instanceText(value);
}

function instanceText(value: Exclude<Value, string | number | boolean | null>): string {
  if (value instanceof Float) return floatText(value.value);
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof Markup) return `Markup(${quoted(value.text)})`;
  if (value instanceof Tuple) {
    const items = value.items.map(repr);
    return items.length === 1 ? `(${items[0]},)` : `(${items.join(', ')})`;
  }
  if (value instanceof View) return `dict_${value.kind}(${repr(value.items)})`;
  if (value instanceof Range) {
    const { start, stop, step } = value;
    return `range(${start}, ${stop}${step === 1 ? '' : `, ${step}`})`;
  }
  if (value instanceof Namespace) return `<Namespace ${repr(value.attributes)}>`;
  if (value instanceof Structure) return value.label;
  if (value instanceof Lazy) throw new TemplateError('a generator cannot be written as text');
  throw new TemplateError('the value cannot be written as text');
}

function integerText(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString();
}

/** The shortest text that reads as the number again, with an exponent where Python writes one. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 16) {
    // JavaScript writes exponents from 1e21 on and below 1e-6 only.
    const text = String(value);
    return text.includes('.') ? text : `${text}.0`;
  }
  const sign = power < 0 ? '-' : '+';
  return `${mantissa}e${sign}${String(Math.abs(power)).padStart(2, '0')}`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
/** Characters that Python writes as numbers. */
const UNPRINTABLE = /[\\\n\r\t]|[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(UNPRINTABLE, (character) => ESCAPES[character] ?? escapedCode(character));
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
}

function escapedCode(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  if (code < 0x100) return `\\x${digits.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`;
}

/** Its characters, which are code points as in Python. */
export function characters(text: string): readonly string[] {
  return SURROGATES.test(text) ? Array.from(text) : text.split('');
}

/** The character at an index, which counts from the end if it is negative. */
export function characterAt(text: string, index: number): string | undefined {
  return SURROGATES.test(text) ? Array.from(text).at(index) : text.at(index);
}

export function lengthOf(text: string): number {
  return SURROGATES.test(text) ? Array.from(text).length : text.length;
}

/** Without what it begins and ends with of white space, or of `chars`. */
export function strip(text: string, chars: string | undefined, ends: 'both' | 'start' | 'end' = 'both'): string {
  const set = chars === undefined ? undefined : new Set(characters(chars));
  const isStripped = (character: string | undefined) =>
    character !== undefined && (set === undefined ? isSpace(character) : set.has(character));
  // All of white space is one unit long; other characters may be two.
  const units = set === undefined ? text : characters(text);
  let start = 0;
  let end = units.length;
  if (ends !== 'end') while (start < end && isStripped(units[start])) start++;
  if (ends !== 'start') while (end > start && isStripped(units[end - 1])) end--;
  return typeof units === 'string' ? units.slice(start, end) : units.slice(start, end).join('');
}

const LINE_ENDS = new RegExp(['\r\n', ...'\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029'].join('|'), 'g');

/** Its lines, without or with their ends. */
export function splitLines(text: string, keepEnds = false): readonly string[] {
  const lines: string[] = [];
  let start = 0;
  for (const { 0: end, index } of text.matchAll(LINE_ENDS)) {
    lines.push(text.slice(start, keepEnds ? index + end.length : index));
    start = index + end.length;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

/** As Python's `capitalize()`: the first letter large, the others small. */
export function capitalize(text: string): string {
  const [first = '', ...rest] = characters(text);
  return first.toUpperCase() + rest.join('').toLowerCase();
}

/** A text so many times. Throws where it would be longer than a prompt may be. */
export function repeat(text: string, times: number): string {
  checkLength(text.length * Math.max(0, times));
  return text.repeat(Math.max(0, times));
}

/** Texts with a separator between them. Throws where that would be longer than a prompt may be. */
export function joined(texts: readonly string[], separator: string): string {
  checkLength(texts.reduce((sum, text) => sum + text.length + separator.length, 0));
  return texts.join(separator);
}

/** Throws for a text that would be longer than a prompt may be. */
export function checkLength(length: number): void {
  if (length > MAX_TEXT) throw new TemplateError(`it makes a text of more than ${MAX_TEXT} characters`);
}

/** A text with spaces, or others, up to so many characters. */
export function pad(
  text: string,
  { width, fill = ' ' }: { width: number; fill?: string },
  side: 'left' | 'right' | 'center',
): string {
  const missing = width - lengthOf(text);
  if (missing <= 0) return text;
  // Python puts the larger half to the left where both the missing and the width are odd.
  const left = side === 'left' ? missing : side === 'right' ? 0 : Math.floor(missing / 2) + (missing & width & 1);
  return repeat(fill, left) + text + repeat(fill, missing - left);
}

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&#39;', '"': '&#34;' };

export function escapeHtml(text: string): string {
  return text.replace(/[&<>'"]/g, (character) => HTML[character] ?? character);
}

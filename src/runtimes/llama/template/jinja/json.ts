import { isTrue } from './operators.js';
import { floatText, joined, repeat, repr, str } from './text.js';
import {
  type Arguments,
  bind,
  Float,
  isDict,
  isList,
  type Key,
  numberOf,
  TemplateError,
  Tuple,
  textOf,
  typeName,
  type Value,
} from './values.js';

interface Style {
  readonly isAscii: boolean;
  /** undefined = all in one line. */
  readonly indent: string | undefined;
  readonly separators: readonly [string, string];
  readonly isSorted: boolean;
}

/** The filter `tojson` as transformers defines it: Python's `json.dumps()`, which leaves HTML and other letters as they are. */
export function toJson(value: Value, given: Arguments): string {
  const [ascii = false, indent = null, separators = null, sorted = false] = bind(
    'tojson',
    ['ensure_ascii', 'indent', 'separators', 'sort_keys'],
    given,
  );
  const style = {
    isAscii: isTrue(ascii),
    indent: indentOf(indent),
    separators: separatorsOf(separators, indent === null ? ', ' : ','),
    isSorted: isTrue(sorted),
  };
  return write(value, style, 0);
}

function indentOf(indent: Value): string | undefined {
  if (indent === null) return undefined;
  const number = numberOf(indent);
  return number === undefined ? str(indent) : repeat(' ', number);
}

function separatorsOf(separators: Value, item: string): readonly [string, string] {
  if (separators === null) return [item, ': '];
  const items = isList(separators) ? separators : separators instanceof Tuple ? separators.items : [];
  const [first, second] = [textOf(items[0]), textOf(items[1])];
  if (first === undefined || second === undefined || items.length !== 2) {
    throw new TemplateError('tojson: expected separators to be two texts');
  }
  return [first, second];
}

function write(value: Value, style: Style, depth: number): string {
  const text = textOf(value);
  if (text !== undefined) return quoted(text, style);
  if (value === null) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return repr(value);
  if (value instanceof Float) return jsonFloat(value.value);
  if (isDict(value)) {
    const entries = [...value].map(([key, each]) => [keyText(key), each] as const);
    if (style.isSorted) entries.sort(([one], [other]) => (one < other ? -1 : Number(one > other)));
    const members = entries.map(
      ([key, each]) => `${quoted(key, style)}${style.separators[1]}${write(each, style, depth + 1)}`,
    );
    return enclosed(['{', '}'], members, { style, depth });
  }
  const items = value instanceof Tuple ? value.items : isList(value) ? value : undefined;
  if (items === undefined) throw new TemplateError(`Object of type ${typeName(value)} is not JSON serializable`);
  const elements = items.map((item) => write(item, style, depth + 1));
  return enclosed(['[', ']'], elements, { style, depth });
}

interface Place {
  readonly style: Style;
  readonly depth: number;
}

function enclosed([open, close]: readonly [string, string], parts: readonly string[], { style, depth }: Place): string {
  const { indent, separators } = style;
  if (indent === undefined || parts.length === 0) return `${open}${joined(parts, separators[0])}${close}`;
  const line = `\n${repeat(indent, depth + 1)}`;
  return `${open}${line}${joined(parts, separators[0] + line)}\n${repeat(indent, depth)}${close}`;
}

function keyText(key: Key): string {
  return typeof key === 'string' ? key : key === null || typeof key === 'boolean' ? String(key) : repr(key);
}

function jsonFloat(value: number): string {
  if (Number.isFinite(value)) return floatText(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

function quoted(text: string, { isAscii }: Style): string {
  const json = JSON.stringify(text);
  if (!isAscii) return json;
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return json.replace(/[\u007f-\uffff]/g, escaped);
}

import { equals, keyOf } from './operators.js';
import { stringMethod } from './string-methods.js';
import { characterAt, repr } from './text.js';
import {
  type Arguments,
  bind,
  callable,
  type Dict,
  isDict,
  isList,
  Range,
  refuseNamed,
  Structure,
  TemplateError,
  Tuple,
  textOf,
  typeName,
  Undefined,
  type Value,
  View,
} from './values.js';

/** Methods that change a list or a dict, which Jinja2's immutable sandbox withholds. */
const CHANGING = {
  list: new Set(['append', 'clear', 'extend', 'insert', 'pop', 'remove', 'reverse', 'sort']),
  dict: new Set(['clear', 'pop', 'popitem', 'setdefault', 'update']),
} as const;

/** `value.name`: methods come before the items of a dict. Throws for what is not defined. */
export function attribute(value: Value, name: string): Value {
  if (value instanceof Undefined) value.fail();
  const own = member(value, name);
  if (own !== undefined) return own;
  const kept = isDict(value) ? value.get(name) : undefined;
  return kept === undefined ? missing(value, name) : kept;
}

/** `value[index]`: items of a dict come before its methods. Throws for what is not defined. */
export function item(value: Value, index: Value): Value {
  if (value instanceof Undefined) value.fail();
  const own = isDict(value) ? itemOfDict(value, index) : itemAt(value, index);
  if (own !== undefined) return own;
  const name = textOf(index);
  const found = name === undefined ? undefined : member(value, name);
  return found === undefined ? missing(value, index) : found;
}

function itemOfDict(dict: Dict, index: Value): Value | undefined {
  const isKey = index === null || typeof index !== 'object' || textOf(index) !== undefined;
  return isKey ? dict.get(keyOf(index)) : undefined;
}

function itemAt(value: Value, index: Value): Value | undefined {
  if (typeof index !== 'number' && typeof index !== 'boolean') return undefined;
  const text = textOf(value);
  if (text !== undefined) return characterAt(text, Number(index));
  if (value instanceof Tuple) return value.items.at(Number(index));
  return isList(value) || value instanceof Range ? value.at(Number(index)) : undefined;
}

function missing(value: Value, name: Value): Undefined {
  const owner = value === null ? 'None' : `${typeName(value)} object`;
  return typeof name === 'string'
    ? new Undefined(`'${owner}' has no attribute '${name}'`)
    : new Undefined(`${owner} has no element ${describe(name)}`);
}

function describe(name: Value): string {
  return name instanceof Undefined ? 'Undefined' : repr(name);
}

function member(value: Value, name: string): Value | undefined {
  const text = textOf(value);
  if (text !== undefined) return functionOf(name, stringMethod(text, name));
  if (isDict(value)) return CHANGING.dict.has(name) ? unsafe('dict', name) : functionOf(name, dictMethod(value, name));
  if (isList(value)) {
    return CHANGING.list.has(name) ? unsafe('list', name) : functionOf(name, listMethod(value, value, name));
  }
  if (value instanceof Tuple) {
    const at = value.names.indexOf(name);
    return at < 0 ? functionOf(name, listMethod(value, value.items, name)) : value.items[at];
  }
  return value instanceof Structure ? value.attribute(name) : undefined;
}

function functionOf(name: string, run: ((given: Arguments) => Value) | undefined): Structure | undefined {
  return run && callable(name, run);
}

function unsafe(type: string, name: string): Undefined {
  return new Undefined(`access to attribute '${name}' of '${type}' object is unsafe.`);
}

function dictMethod(dict: Dict, name: string): ((given: Arguments) => Value) | undefined {
  switch (name) {
    case 'get':
      return (given) => {
        refuseNamed(name, given);
        const [key, fallback = null] = bind('get', ['key', 'default'], given);
        if (key === undefined) throw new TemplateError('get expected at least 1 argument, got 0');
        const kept = itemOfDict(dict, key);
        return kept === undefined ? fallback : kept;
      };
    case 'keys':
    case 'values':
    case 'items':
      return (given) => {
        bind(name, [], given);
        return new View(name, dict);
      };
    case 'copy':
      return () => new Map(dict);
    default:
      return undefined;
  }
}

function listMethod(list: Value, items: readonly Value[], name: string): ((given: Arguments) => Value) | undefined {
  switch (name) {
    case 'index':
      return (given) => {
        const [wanted = null] = bind('index', ['value'], given);
        const at = items.findIndex((each) => equals(each, wanted));
        if (at < 0) throw new TemplateError(`${repr(wanted)} is not in list`);
        return at;
      };
    case 'count':
      return (given) => {
        const [wanted = null] = bind('count', ['value'], given);
        return items.filter((each) => equals(each, wanted)).length;
      };
    case 'copy':
      return list instanceof Tuple ? undefined : () => [...items];
    default:
      return undefined;
  }
}

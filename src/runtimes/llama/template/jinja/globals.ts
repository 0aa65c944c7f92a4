import { iterate, keyOf } from './operators.js';
import { strftime } from './strftime.js';
import { str } from './text.js';
import {
  type Arguments,
  bind,
  Callable,
  callable,
  isDict,
  type Key,
  Namespace,
  Range,
  TemplateError,
  typeName,
  type Value,
} from './values.js';

/** The global functions of templates: Jinja2's except `lipsum`, and transformers'. `now`: the clock of `strftime_now`. */
export function globals(now: () => Date): Map<string, Value> {
  const functions: Readonly<Record<string, (given: Arguments) => Value>> = {
    range,
    namespace: (given) =>
      new Namespace(new Map([...dictOf(given)].map(([key, value]): [string, Value] => [str(key), value]))),
    dict: dictOf,
    cycler,
    joiner,
    raise_exception: (given) => {
      const [message = ''] = bind('raise_exception', ['message'], given);
      throw new TemplateError(str(message));
    },
    strftime_now: (given) => {
      const [format = ''] = bind('strftime_now', ['format'], given);
      return strftime(now(), str(format));
    },
  };
  return new Map(Object.entries(functions).map(([name, run]) => [name, callable(name, run)]));
}

function range({ positional }: Arguments): Range {
  const numbers = positional.map(integerOf);
  if (numbers.length === 0 || numbers.length > 3) {
    throw new TemplateError(`range expected 1 to 3 arguments, got ${numbers.length}`);
  }
  const [first = 0, stop, step = 1] = numbers;
  return stop === undefined ? new Range(0, first, 1) : new Range(first, stop, step);
}

function integerOf(value: Value): number {
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value);
  throw new TemplateError(`'${typeName(value)}' object cannot be interpreted as an integer`);
}

/** A dict of another one or of pairs, and of arguments by name. */
function dictOf({ positional, named }: Arguments): ReadonlyMap<Key, Value> {
  const [source = new Map<Key, Value>(), more] = positional;
  if (more !== undefined) throw new TemplateError(`dict expected at most 1 argument, got ${positional.length}`);
  const entries = isDict(source) ? [...source] : iterate(source).map(pairOf);
  return new Map<Key, Value>([...entries, ...named]);
}

function pairOf(value: Value): readonly [Key, Value] {
  const [key, second, third] = iterate(value);
  if (key === undefined || second === undefined || third !== undefined) {
    throw new TemplateError('dictionary update sequence elements require length 2');
  }
  return [keyOf(key), second];
}

/** Goes through its values again and again. */
function cycler({ positional }: Arguments): Callable {
  if (positional.length === 0) throw new TemplateError('at least one item has to be provided');
  let at = 0;
  const current = () => positional[at % positional.length] as Value;
  const attributes = new Map<string, Value>();
  const next = () => {
    const value = current();
    at++;
    attributes.set('current', current());
    return value;
  };
  const reset = () => {
    at = 0;
    attributes.set('current', current());
    return null;
  };
  attributes.set('next', callable('next', next)).set('reset', callable('reset', reset)).set('current', current());
  return new Callable('<Cycler>', undefined, attributes);
}

/** Gives nothing at first, and its separator from then on. */
function joiner(given: Arguments): Callable {
  const [separator = ', '] = bind('joiner', ['sep'], given);
  let isFirst = true;
  return callable('joiner', () => {
    const text = isFirst ? '' : separator;
    isFirst = false;
    return text;
  });
}

/** A template cannot be read, or what it does fails as it does in Jinja2. */
export class TemplateError extends Error {}

/** Longest text that a template makes, in UTF-16 units. */
export const MAX_TEXT = 16_777_216;

/** A value of a template, as Python has it: numbers are integers, arrays are lists, maps are dicts. */
export type Value = null | boolean | number | string | readonly Value[] | Dict | Instance;

/** Keys that are not texts, numbers, truth values or None are refused. */
export type Key = string | number | boolean | null;
export type Dict = ReadonlyMap<Key, Value>;

/** Values that JavaScript has no form of. */
export type Instance = Float | Undefined | Markup | Tuple | View | Range | Lazy | Structure;

export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** The value of an undefined name: empty, false, and an error when used. */
export class Undefined {
  readonly #problem: string;

  /** `problem`: what is said where it is used. */
  constructor(problem: string) {
    this.#problem = problem;
  }

  fail(): never {
    throw new TemplateError(this.#problem);
  }
}

/** Text that is HTML already: plain text that is added to it is escaped. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export class Tuple {
  readonly items: readonly Value[];
  readonly names: readonly string[];

  /** `names`: of a named tuple. */
  constructor(items: readonly Value[], names: readonly string[] = []) {
    this.items = items;
    this.names = names;
  }
}

/** What `keys()`, `values()` and `items()` of a dict give. */
export class View {
  readonly kind: 'keys' | 'values' | 'items';
  readonly dict: Dict;

  constructor(kind: 'keys' | 'values' | 'items', dict: Dict) {
    this.kind = kind;
    this.dict = dict;
  }

  get items(): readonly Value[] {
    if (this.kind === 'keys') return [...this.dict.keys()];
    return this.kind === 'values' ? [...this.dict.values()] : [...this.dict].map((pair) => new Tuple(pair));
  }
}

const MAX_RANGE = 100_000;

export class Range {
  readonly start: number;
  readonly stop: number;
  readonly step: number;
  readonly length: number;

  /** Throws for more numbers than Jinja2's sandbox allows. */
  constructor(start: number, stop: number, step: number) {
    this.start = start;
    this.stop = stop;
    this.step = step;
    if (step === 0) throw new TemplateError('range() arg 3 must not be zero');
    this.length = Math.max(0, Math.ceil((stop - start) / step));
    if (this.length > MAX_RANGE) {
      throw new TemplateError(`Range too big. The sandbox blocks ranges larger than MAX_RANGE (${MAX_RANGE}).`);
    }
  }

  /** The number at an index, which counts from the end if it is negative. */
  at(index: number): number | undefined {
    const place = index < 0 ? index + this.length : index;
    return place >= 0 && place < this.length ? this.start + place * this.step : undefined;
  }

  get items(): readonly number[] {
    return Array.from({ length: this.length }, (_, index) => this.start + index * this.step);
  }
}

/** A generator: it is always true, has no length, and can be read once. */
export class Lazy {
  #items: readonly Value[];

  constructor(items: readonly Value[]) {
    this.#items = items;
  }

  take(): readonly Value[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }
}

/** Arguments of a call, a filter or a test. */
export interface Arguments {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

export const NO_ARGUMENTS: Arguments = { positional: [], named: new Map() };

/** Something with attributes, or that can be called. */
export class Structure {
  /** As Python writes it. */
  get label(): string {
    return '<object>';
  }

  /** undefined = it cannot be called. */
  get call(): ((given: Arguments) => Value) | undefined {
    return undefined;
  }

  attribute(_name: string): Value | undefined {
    return undefined;
  }
}

/** The only structure whose attributes a template may set. */
export class Namespace extends Structure {
  readonly #attributes: Map<string, Value>;

  constructor(attributes: Map<string, Value>) {
    super();
    this.#attributes = attributes;
  }

  get attributes(): Dict {
    return this.#attributes;
  }

  override attribute(name: string): Value | undefined {
    return this.#attributes.get(name);
  }

  set(name: string, value: Value): void {
    this.#attributes.set(name, value);
  }
}

/** A function, a macro, or an object with functions. */
export class Callable extends Structure {
  readonly #label: string;
  readonly #call: ((given: Arguments) => Value) | undefined;
  readonly #attributes: ReadonlyMap<string, Value>;

  constructor(
    label: string,
    call: ((given: Arguments) => Value) | undefined,
    attributes: ReadonlyMap<string, Value> = NO_ATTRIBUTES,
  ) {
    super();
    this.#label = label;
    this.#call = call;
    this.#attributes = attributes;
  }

  override get label(): string {
    return this.#label;
  }

  override get call(): ((given: Arguments) => Value) | undefined {
    return this.#call;
  }

  override attribute(name: string): Value | undefined {
    return this.#attributes.get(name);
  }
}

const NO_ATTRIBUTES: ReadonlyMap<string, Value> = new Map();

/** A function of Python's or of transformers'. */
export function callable(name: string, call: (given: Arguments) => Value): Callable {
  return new Callable(`<function ${name}>`, call);
}

/** Arguments in the order of their names; undefined where one is left out. Throws what Python says of others. */
export function bind(
  name: string,
  parameters: readonly string[],
  { positional, named }: Arguments,
): readonly (Value | undefined)[] {
  if (positional.length > parameters.length) {
    throw new TemplateError(`${name}() takes at most ${parameters.length} arguments, got ${positional.length}`);
  }
  for (const given of named.keys()) {
    const at = parameters.indexOf(given);
    if (at < 0) throw new TemplateError(`${name}() got an unexpected keyword argument '${given}'`);
    if (at < positional.length) throw new TemplateError(`${name}() got multiple values for argument '${given}'`);
  }
  return parameters.map((parameter, at) => positional[at] ?? (at < positional.length ? null : named.get(parameter)));
}

/** Throws for arguments by name, which many of Python's own functions do not take. */
export function refuseNamed(name: string, { named }: Arguments): void {
  if (named.size > 0) throw new TemplateError(`${name}() takes no keyword arguments`);
}

/** A value of JSON as a template sees it. */
export function ofJson(json: unknown): Value {
  switch (typeof json) {
    case 'number':
      return Number.isInteger(json) ? json : new Float(json);
    case 'string':
    case 'boolean':
      return json;
    case 'object':
      if (json === null) return null;
      if (Array.isArray(json)) return json.map(ofJson);
      return new Map(Object.entries(json).map(([key, each]): [Key, Value] => [key, ofJson(each)]));
    default:
      throw new TemplateError(`no value of a template can be made of a ${typeof json}`);
  }
}

/** The items of a list, a tuple, or what a dict or a range gives; undefined for other values. */
export function sequenceOf(value: Value): readonly Value[] | undefined {
  if (isList(value)) return value;
  return value instanceof Tuple || value instanceof View || value instanceof Range ? value.items : undefined;
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isDict(value: Value): value is Dict {
  return value instanceof Map;
}

/** The text of a text, plain or not; undefined for other values. */
export function textOf(value: Value | undefined): string | undefined {
  return value instanceof Markup ? value.text : typeof value === 'string' ? value : undefined;
}

/** The number of an integer, a float or a truth value; undefined for other values. */
export function numberOf(value: Value | undefined): number | undefined {
  if (typeof value === 'boolean') return Number(value);
  return value instanceof Float ? value.value : typeof value === 'number' ? value : undefined;
}

/** The name of a value's type in Python. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case 'string':
      return 'str';
    case 'number':
      return 'int';
    case 'boolean':
      return 'bool';
    default:
      break;
  }
  if (value === null) return 'NoneType';
  if (isList(value)) return 'list';
  if (isDict(value)) return 'dict';
  if (value instanceof View) return `dict_${value.kind}`;
  const names = [
    [Float, 'float'],
    [Undefined, 'Undefined'],
    [Markup, 'Markup'],
    [Tuple, 'tuple'],
    [Range, 'range'],
    [Lazy, 'generator'],
    [Namespace, 'Namespace'],
  ] as const;
  return names.find(([type]) => value instanceof type)?.[1] ?? 'function';
}

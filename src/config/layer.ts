import type { TSchema } from '@sinclair/typebox';
import type { SettingKey } from './shape.js';

/** Plain data as it came out of a file, the environment or flags; nothing about it is known yet. */
export interface Tree {
  readonly [key: string]: unknown;
}

/** One source of settings. Higher layers win: flags over environment over file over defaults. */
export interface Layer {
  readonly tree: Tree;
  /** Absolute folder from which this source's relative paths start. */
  readonly folder: string;
  /** The file that it is; missing where it is none. */
  readonly file?: string;
  /** Where the key at `path` was written, for messages; '' when nobody wrote it. */
  locate(path: readonly string[]): string;
}

/** Something wrong at one path of a layer. */
export interface Problem {
  readonly path: readonly string[];
  readonly message: string;
}

/** The problems of a layer as people read them: with where it was written, and only the first of each path. */
export function locateProblems(layer: Layer, problems: readonly Problem[]): readonly string[] {
  const seen = new Set<string>();
  return problems.flatMap(({ path, message }) => {
    const key = JSON.stringify(path);
    if (seen.has(key)) return [];
    seen.add(key);
    return [placed(layer.locate(path), message)];
  });
}

/** A message with where that is which it is about; '' = nobody knows. */
export function placed(place: string, message: string): string {
  return place === '' ? message : `${place}: ${message}`;
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `upper` over `lower`: maps are merged key by key, everything else, lists included, is replaced. */
export function mergeTrees(lower: Tree, upper: Tree): Tree {
  const merged: Record<string, unknown> = { ...lower };
  for (const [key, value] of Object.entries(upper)) {
    if (value === undefined) continue;
    const below = Object.hasOwn(lower, key) ? lower[key] : undefined;
    const both = isTree(below) && isTree(value) ? mergeTrees(below, value) : value;
    // An assignment would set the prototype for a key named `__proto__`.
    Object.defineProperty(merged, key, { value: both, enumerable: true, configurable: true, writable: true });
  }
  return merged;
}

/** A tree that holds `values`, each under its path. */
export function treeOf(values: readonly { readonly path: readonly string[]; readonly value: unknown }[]): Tree {
  return values.reduce<Tree>(
    (tree, { path, value }) =>
      mergeTrees(tree, path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Tree),
    {},
  );
}

/** The value at `path`, or undefined. */
export function valueAt(tree: Tree, path: readonly string[]): unknown {
  let value: unknown = tree;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Tree)[name];
  }
  return value;
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** A value written as text (environment, flags) as its key requires it; text that does not fit stays text, to be refused. */
export function decodeText({ schema }: SettingKey, text: string): unknown {
  const trimmed = text.trim();
  switch (schema.type) {
    case 'integer':
    case 'number':
      return trimmed !== '' && Number.isFinite(Number(trimmed)) ? Number(trimmed) : text;
    case 'boolean':
      return BOOLEANS.get(trimmed.toLowerCase()) ?? text;
    case 'array':
      if (trimmed.startsWith('[')) return parseJson(trimmed) ?? text;
      return trimmed === '' ? [] : trimmed.split(',').map((item) => item.trim());
    case 'object':
      return parseJson(trimmed) ?? text;
    default:
      return takesBooleans(schema) ? (BOOLEANS.get(trimmed.toLowerCase()) ?? text) : text;
  }
}

/** Beside words, as `auto`. */
function takesBooleans({ anyOf }: TSchema): boolean {
  return Array.isArray(anyOf) && anyOf.some((one: TSchema) => one.type === 'boolean');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

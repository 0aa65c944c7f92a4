import { invalidArgument } from '../../core/index.js';
import type { TableRow } from './route-table.js';

/** A route that runs a model, and what its path names. */
export interface InferenceMatch {
  readonly row: TableRow;
  /** Percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
}

interface Pattern {
  readonly row: TableRow;
  /** What stands before, between and behind the parameters. */
  readonly texts: readonly string[];
  readonly names: readonly string[];
}

/** The inference routes of one method. */
interface Patterns {
  readonly fixed: Map<string, InferenceMatch>;
  /** By what stands behind the last `/` or `:`; '' for those that end in a parameter. */
  readonly byEnding: Map<string, Pattern[]>;
}

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});

/**
 * Finds the inference route of a method and URL, query allowed; undefined = none. Most requests of a busy server come this way, so
 * paths without parameters are looked up, and the others by what stands behind their last `/` or `:`. Throws `invalid_argument` for
 * broken percent-encoding.
 */
export function createInferenceMatcher(
  rows: readonly TableRow[],
): (method: string | undefined, url: string) => InferenceMatch | undefined {
  const byMethod = new Map<string, Patterns>();
  for (const row of rows) {
    const { method, path } = row.route;
    const patterns: Patterns = byMethod.get(method) ?? { fixed: new Map(), byEnding: new Map() };
    byMethod.set(method, patterns);
    if (!path.includes('{')) {
      patterns.fixed.set(path, { row, params: NO_PARAMS });
      continue;
    }
    const ending = endingOf(path);
    const key = ending.includes('{') ? '' : ending;
    patterns.byEnding.set(key, [...(patterns.byEnding.get(key) ?? []), toPattern(row)]);
  }
  return (method = '', url) => {
    const patterns = byMethod.get(method);
    if (patterns === undefined) return undefined;
    const query = url.indexOf('?');
    const path = query < 0 ? url : url.slice(0, query);
    const { byEnding, fixed } = patterns;
    return matchOne(byEnding.get(endingOf(path)), path) ?? fixed.get(path) ?? matchOne(byEnding.get(''), path);
  };
}

/** What stands behind the last slash, or behind a colon there. */
function endingOf(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf(':')) + 1);
}

function toPattern(row: TableRow): Pattern {
  const { path } = row.route;
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return { row, names, texts: path.split(/\{\w+\}/) };
}

function matchOne(patterns: readonly Pattern[] | undefined, path: string): InferenceMatch | undefined {
  if (patterns === undefined) return undefined;
  for (const pattern of patterns) {
    const params = paramsOf(pattern, path);
    if (params !== undefined) return { row: pattern.row, params };
  }
  return undefined;
}

/** The parameters of a path, each as short as it can be but for the last; undefined where it is not of this pattern. */
function paramsOf({ texts, names }: Pattern, path: string): Record<string, string> | undefined {
  const first = texts[0] as string;
  const last = texts[names.length] as string;
  if (!path.startsWith(first) || !path.endsWith(last)) return undefined;
  const params: Record<string, string> = {};
  const end = path.length - last.length;
  let from = first.length;
  for (let index = 0; index < names.length; index++) {
    const isLast = index === names.length - 1;
    const to = isLast ? end : path.indexOf(texts[index + 1] as string, from);
    if (to <= from || to > end) return undefined;
    const text = path.slice(from, to);
    if (text.includes('/')) return undefined;
    const name = names[index] as string;
    params[name] = decodeParameter(name, text);
    from = to + (isLast ? 0 : (texts[index + 1] as string).length);
  }
  return params;
}

function decodeParameter(name: string, text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidArgument(`${name} name '${text}': the percent-encoding is broken`);
  }
}

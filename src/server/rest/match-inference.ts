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
  readonly expression: RegExp;
  readonly names: readonly string[];
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
  const fixed = new Map<string, InferenceMatch>();
  const byEnding = new Map<string, Pattern[]>();
  const methods = new Set<string>();
  for (const row of rows) {
    const { method, path } = row.route;
    methods.add(method);
    if (!path.includes('{')) {
      fixed.set(`${method} ${path}`, { row, params: NO_PARAMS });
      continue;
    }
    const ending = endingOf(path);
    const key = `${method} ${ending.includes('{') ? '' : ending}`;
    byEnding.set(key, [...(byEnding.get(key) ?? []), toPattern(row)]);
  }
  return (method = '', url) => {
    if (!methods.has(method)) return undefined;
    const query = url.indexOf('?');
    const path = query < 0 ? url : url.slice(0, query);
    return (
      matchOne(byEnding.get(`${method} ${endingOf(path)}`), path) ??
      fixed.get(`${method} ${path}`) ??
      matchOne(byEnding.get(`${method} `), path)
    );
  };
}

/** What stands behind the last slash, or behind a colon there. */
function endingOf(path: string): string {
  const slash = path.lastIndexOf('/');
  const colon = path.lastIndexOf(':');
  return path.slice(Math.max(slash, colon) + 1);
}

function toPattern(row: TableRow): Pattern {
  const names: string[] = [];
  const source = row.route.path.replace(/\{(\w+)\}|[^{]+/g, (text: string, name: string | undefined) => {
    if (name === undefined) return text.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
    names.push(name);
    return '([^/]+?)';
  });
  return { row, names, expression: new RegExp(`^${source}$`) };
}

function matchOne(patterns: readonly Pattern[] | undefined, path: string): InferenceMatch | undefined {
  if (patterns === undefined) return undefined;
  for (const { row, expression, names } of patterns) {
    const found = expression.exec(path);
    if (found === null) continue;
    const params: Record<string, string> = {};
    for (let index = 0; index < names.length; index++) {
      const name = names[index] as string;
      params[name] = decodeParameter(name, found[index + 1] as string);
    }
    return { row, params };
  }
  return undefined;
}

function decodeParameter(name: string, text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidArgument(`${name} name '${text}': the percent-encoding is broken`);
  }
}

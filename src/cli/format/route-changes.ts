import type { RouteChange, RouteConfig } from '../../api/index.js';
import type { Colors } from '../io.js';

/** What changes, a line for each route and each of its settings: `arms[1].weight: 5 → 20`. */
export function formatChanges(changes: readonly RouteChange[], colors: Colors): string {
  if (changes.length === 0) return 'no routes\n';
  return changes.map((change) => formatChange(change, colors)).join('');
}

const MARKS = { created: '+', changed: '~', removed: '-', unchanged: '=' } as const;

function formatChange({ name, change, before, after }: RouteChange, colors: Colors): string {
  const paint = { created: colors.green, changed: colors.yellow, removed: colors.red, unchanged: colors.dim }[change];
  const details = change === 'created' || change === 'changed' ? differences(before, after) : [];
  const lines = [paint(`${MARKS[change]} ${name} ${change}`), ...details.map((line) => `    ${line}`)];
  return lines.map((line) => `${line}\n`).join('');
}

/** `arms[1].weight: 5 → 20`, for every value that differs. */
function differences(before: RouteConfig | undefined, after: RouteConfig | undefined): readonly string[] {
  const [old, now] = [new Map(leaves(before)), new Map(leaves(after))];
  const paths = [...new Set([...old.keys(), ...now.keys()])].filter((path) => old.get(path) !== now.get(path));
  return paths.map((path) => {
    const [from, to] = [old.get(path), now.get(path)];
    if (from === undefined) return `${path}: ${to}`;
    return `${path}: ${from} → ${to ?? 'none'}`;
  });
}

/** Every value in it, with its path; lists and maps without values are nothing. */
function leaves(value: unknown, path = ''): readonly (readonly [string, string])[] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null) return [[path, JSON.stringify(value)]];
  if (Array.isArray(value)) return value.flatMap((item, index) => leaves(item, `${path}[${index}]`));
  return Object.entries(value).flatMap(([key, item]) => leaves(item, path === '' ? key : `${path}.${key}`));
}

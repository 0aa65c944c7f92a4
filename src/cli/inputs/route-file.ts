import { invalidArgument } from '../../core/index.js';
import { parseYaml } from '../../yaml/index.js';

/**
 * The routes of a file: those of its `routes`, as in `millrace.yaml`, or a map of routes by their names. Throws `invalid_argument` with
 * file, line and column.
 */
export function readRouteFile(text: string, file: string): Readonly<Record<string, unknown>> {
  const tree = parse(text, file);
  const routes = isMap(tree) && isMap(tree.routes) && !('arms' in tree.routes) ? tree.routes : tree;
  if (isMap(routes) && Object.keys(routes).length > 0) return routes;
  throw invalidArgument(`${file}: expected routes by their names, or \`routes:\` with them, as in millrace.yaml`);
}

function parse(text: string, file: string): unknown {
  try {
    return parseYaml(text).tree;
  } catch (error) {
    throw invalidArgument(`${file}:${(error as Error).message}`);
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

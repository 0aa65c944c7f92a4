import type { OpenApiObject } from '../../protocols/index.js';
import type { TableRow } from '../rest/route-table.js';
import { describeOperation, operationIdOf } from './describe-operation.js';
import { errorComponents } from './error-responses.js';
import { headerComponents } from './response-headers.js';

/** What the OpenAPI document says of itself. */
export interface OpenApiInfo {
  readonly title: string;
  readonly version: string;
  readonly description: string;
}

export interface ApiDescription {
  readonly rows: readonly TableRow[];
  readonly info: OpenApiInfo;
  readonly requiresKey: boolean;
}

/** The OpenAPI 3.1 document of the routes, whichever dialects they are of; hidden ones are left out. */
export function describeApi({ rows, info, requiresKey }: ApiDescription): OpenApiObject {
  const shown = rows.filter(({ route }) => route.hidden !== true);
  const ids = new OperationIds();
  const templates = new PathTemplates();
  const paths: Record<string, Record<string, OpenApiObject>> = {};
  for (const { dialect, route } of shown) {
    const { path, operation } = templates.adopt(route.path, describeOperation({ dialect, route }, requiresKey));
    const operationId = ids.take((operation.operationId as string | undefined) ?? operationIdOf(route));
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: { ...operation, operationId } };
  }
  const dialects = [...new Set(shown.map(({ dialect }) => dialect))];
  const errors = dialects.map(errorComponents);
  return {
    openapi: '3.1.0',
    info: { ...info },
    tags: [...new Set(shown.map(({ route }) => route.tag))].map((name) => ({ name })),
    paths: withPlainEnums(paths),
    components: {
      headers: Object.assign({}, ...dialects.map(headerComponents)),
      responses: Object.assign({}, ...errors.map(({ responses }) => responses)),
      schemas: Object.assign({}, ...errors.map(({ schemas }) => schemas)),
      ...(requiresKey && { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } }),
    },
  };
}

/** Every operation has another id. */
class OperationIds {
  readonly #taken = new Set<string>();

  take(wanted: string): string {
    let id = wanted;
    for (let number = 2; this.#taken.has(id); number++) id = `${wanted}${number}`;
    this.#taken.add(id);
    return id;
  }
}

/** Paths that differ in the names of their parameters only are one path to OpenAPI: the first names them. */
class PathTemplates {
  readonly #paths = new Map<string, string>();

  adopt(path: string, operation: OpenApiObject): { readonly path: string; readonly operation: OpenApiObject } {
    const form = path.replace(PARAMETER, '{}');
    const first = this.#paths.get(form) ?? path;
    this.#paths.set(form, first);
    if (first === path) return { path, operation };
    const names = namesIn(first);
    const renamed = new Map(namesIn(path).map((name, index) => [name, names[index]]));
    const parameters = (operation.parameters as readonly OpenApiObject[]).map((parameter) =>
      parameter.in === 'path' ? { ...parameter, name: renamed.get(parameter.name as string) } : parameter,
    );
    return { path: first, operation: { ...operation, parameters } };
  }
}

const PARAMETER = /\{(\w+)\}/g;

function namesIn(path: string): readonly string[] {
  return Array.from(path.matchAll(PARAMETER), ([, name = '']) => name);
}

/**
 * The same JSON, where schemas list words as `enum` and not as alternatives of one `const` each: what TypeBox makes of a union, and what
 * programs that make clients take for different types.
 */
export function withPlainEnums(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPlainEnums);
  if (typeof value !== 'object' || value === null) return value;
  const members: Readonly<Record<string, unknown>> = Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, withPlainEnums(member)]),
  );
  const { anyOf, ...others } = members;
  const words = wordsOf(anyOf);
  return words === undefined ? members : { ...others, type: 'string', enum: words };
}

function wordsOf(alternatives: unknown): readonly string[] | undefined {
  if (!Array.isArray(alternatives) || alternatives.length === 0) return undefined;
  const words = alternatives.map((each: { readonly const?: unknown } | null) => each?.const);
  return words.every((word) => typeof word === 'string') ? words : undefined;
}

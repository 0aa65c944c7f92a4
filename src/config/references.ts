import { resolve } from 'node:path';
import { KindGuard, type TSchema } from '@sinclair/typebox';
import { formatPath } from '../text/index.js';
import type { Environment } from './environment.js';
import { isTree, type Layer, type Problem, type Tree } from './layer.js';
import { readText } from './read-text.js';
import { isArraySchema, isObjectSchema, isRecordSchema, recordValues } from './shape.js';

const MAX_SECRET_BYTES = 65_536;
const REFERENCE = /\$\$\{|\$\{([^}]*)\}?/g;

/** The files that the references in a text name, relative ones from `folder`. */
export function referencedFiles(text: string, folder: string): readonly string[] {
  return [...text.matchAll(REFERENCE)].flatMap(([, name = '']) =>
    name.startsWith('file:') ? [resolve(folder, name.slice('file:'.length))] : [],
  );
}

/** Whether the text is as it is written: no reference is in it. */
export function isLiteral(text: string): boolean {
  return [...text.matchAll(REFERENCE)].every(([match]) => match === '$${');
}

const URL_SCHEME = /^[a-z][a-z0-9+.-]+:\/\//i;

/**
 * The layer's tree with `${env:NAME}` and `${file:path}` replaced in its strings and relative paths (`x-path`) made
 * absolute, and what could not be replaced. `$${` stands for a literal `${`.
 */
export function resolveReferences(
  schema: TSchema,
  layer: Layer,
  env: Environment,
): { readonly tree: Tree; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  // The root is a map, and maps stay maps.
  return { tree: visit(schema, layer.tree, []) as Tree, problems };

  function visit(at: TSchema, value: unknown, path: readonly string[]): unknown {
    if (typeof value === 'string' && KindGuard.IsString(at)) return resolveText(at, value, path);
    if (Array.isArray(value) && isArraySchema(at)) {
      return value.map((item, index) => visit(at.items, item, [...path, String(index)]));
    }
    if (!isTree(value)) return value;
    const entries = Object.entries(value);
    if (isRecordSchema(at)) {
      return Object.fromEntries(entries.map(([key, item]) => [key, visit(recordValues(at), item, [...path, key])]));
    }
    if (!isObjectSchema(at)) return value;
    return Object.fromEntries(
      entries.map(([key, item]) => {
        const property = Object.hasOwn(at.properties, key) ? at.properties[key] : undefined;
        return [key, property === undefined ? item : visit(property, item, [...path, key])];
      }),
    );
  }

  function resolveText(at: TSchema, text: string, path: readonly string[]): string {
    const resolved = text.replace(REFERENCE, (match: string, name: string | undefined) => {
      if (match === '$${') return '${';
      try {
        return lookUp(match, name ?? '');
      } catch (error) {
        problems.push({ path, message: `${formatPath(path)}: ${(error as Error).message}` });
        return match;
      }
    });
    const isPath = at['x-path'] === true && resolved !== '' && !URL_SCHEME.test(resolved);
    return isPath ? resolve(layer.folder, resolved) : resolved;
  }

  function lookUp(reference: string, name: string): string {
    const [, kind, target] = /^(env|file):(.+)$/.exec(name) ?? [];
    if (target === undefined || !reference.endsWith('}')) {
      throw new Error(
        `unknown reference '${reference}': expected \${env:NAME} or \${file:path}; write $\${ for the text`,
      );
    }
    if (kind === 'env') {
      const value = env[target];
      if (value === undefined) throw new Error(`environment variable ${target} is not set`);
      return value;
    }
    const file = resolve(layer.folder, target);
    try {
      return readText(file, MAX_SECRET_BYTES).replace(/\r?\n$/, '');
    } catch (error) {
      throw new Error(`file ${file} ${(error as Error).message}`);
    }
  }
}

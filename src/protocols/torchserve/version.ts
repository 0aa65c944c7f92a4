import { excerpt, type InferTarget } from '../../core/index.js';
import type { RouteRequest } from '../route.js';
import { VersionError } from './errors.js';

/** The model, and perhaps the version, that a path names. Throws as {@link parseVersion}. */
export function targetOf({ params }: Pick<RouteRequest, 'params'>): InferTarget {
  const { model = '', version } = params;
  return { name: model, version: parseVersion(version, model) };
}

/** The number of a version: `2`, or `2.0` as TorchServe's archives have it; undefined for none. Throws `not_found` for anything else. */
export function parseVersion(text: string | undefined, model: string): number | undefined {
  if (text === undefined || text === '') return undefined;
  const [, digits] = /^(\d+)(?:\.0)?$/.exec(text) ?? [];
  if (digits !== undefined) return Number(digits);
  throw new VersionError(
    `Model version: ${excerpt(text)} does not exist for model: ${excerpt(model)}; versions are positive integers`,
  );
}

import { MillraceError } from '../../core/index.js';
import type { InferTarget } from '../../service/index.js';
import type { RouteRequest } from '../route.js';

/** The model, and perhaps the version, that a path names. Throws `not_found` for a version that is no number. */
export function targetOf({ params }: Pick<RouteRequest, 'params'>): InferTarget {
  const { model = '', version } = params;
  return { name: model, version: version === undefined ? undefined : parseVersion(version, model) };
}

/** The number of a version in a path; leading zeros are allowed, as in Triton. Throws `not_found` for anything else. */
function parseVersion(text: string, modelName: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new MillraceError('not_found', `model '${modelName}' has no version '${text}': versions are positive integers`);
}

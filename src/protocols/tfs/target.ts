import type { InferTarget } from '../../service/index.js';
import type { RouteRequest } from '../route.js';
import { targetOf as plainTargetOf } from '../shared/target.js';

/** The model, and perhaps the version or label, that a path names. Throws `not_found` for a version that is no number. */
export function targetOf(request: Pick<RouteRequest, 'params'>): InferTarget {
  const { model = '', label } = request.params;
  return label === undefined ? plainTargetOf(request) : labelled(model, label);
}

/** The version with a label. */
export function labelled(name: string, label: string): InferTarget {
  return { name: `${name}@${label}`, version: undefined };
}

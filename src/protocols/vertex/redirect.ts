import { excerpt, invalidArgument } from '../../core/index.js';
import type { InferTarget } from '../../service/index.js';
import type { WireHeaders } from '../wire.js';

const HEADER = 'x-vertex-ai-triton-redirect';
const INFER = /^\/?v2\/models\/([^/]+)(?:\/versions\/(\d+))?\/(infer|generate|generate_stream)$/;

/** The route of the Open Inference Protocol to which Triton's header sends a request. */
export interface Redirect {
  readonly target: InferTarget;
  readonly route: 'infer' | 'generate' | 'generate_stream';
}

/** undefined = there is no such header. Throws `invalid_argument` where it names another route than those that run models. */
export function readRedirect(headers: WireHeaders): Redirect | undefined {
  const path = headers[HEADER];
  if (path === undefined) return undefined;
  const [, name, version, route] = INFER.exec(String(path)) ?? [];
  if (name === undefined || route === undefined) {
    throw invalidArgument(
      `header ${HEADER}: expected v2/models/<model>[/versions/<version>]/infer, generate or generate_stream, got '${excerpt(String(path))}'`,
    );
  }
  return {
    target: { name: decode(name), version: version === undefined ? undefined : Number(version) },
    // One of the three of the pattern.
    route: route as Redirect['route'],
  };
}

function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    throw invalidArgument(`header ${HEADER}: the percent-encoding of '${excerpt(name)}' is broken`);
  }
}

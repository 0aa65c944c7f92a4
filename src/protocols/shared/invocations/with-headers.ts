import type { RouteRequest } from '../../route.js';
import type { WireRequest } from '../../wire.js';

/** The request with some headers replaced. What it has is worked out when it is asked for, so that it cannot be spread. */
export function withHeaders(request: RouteRequest, headers: Readonly<Record<string, string>>): WireRequest {
  const { method, url, rawHeaders, body } = request;
  return { method, url, body, headers: { ...request.headers, ...headers }, ...(rawHeaders && { rawHeaders }) };
}

import type { ShadowEndpoints } from '../api/index.js';
import { SHADOW_ENDPOINTS } from '../api/schemas/index.js';
import { acceptedTypes, emptyResponse, type Route } from '../protocols/index.js';
import type { ShadowUseCases } from '../service/index.js';
import { reportAsHtml, reportAsText } from '../shadows/index.js';
import { encodeShadow } from './encode-shadow.js';
import { createEndpointRoutes } from './endpoint-route.js';

/** In which a report may be had, by the header Accept. */
const TYPES = ['application/json', 'text/plain', 'text/html'] as const;
/** A page without scripts: names that callers have chosen are text in it. */
const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  'x-content-type-options': 'nosniff',
} as const;
const TEXT_HEADERS = { 'content-type': 'text/plain; charset=utf-8' } as const;

/** What copies of the requests of routes have shown. */
export function createShadowRoutes(shadows: ShadowUseCases): readonly Route[] {
  return createEndpointRoutes<ShadowEndpoints>(SHADOW_ENDPOINTS, {
    async 'GET /routes/{route}/shadow'(call, { params: { route }, accept }) {
      const report = await shadows.report(call, route);
      const type = wantedType(accept);
      if (type === 'text/html') return { other: { status: 200, headers: PAGE_HEADERS, body: reportAsHtml(report) } };
      if (type === 'text/plain') return { other: { status: 200, headers: TEXT_HEADERS, body: reportAsText(report) } };
      return { body: encodeShadow(report) };
    },
    async 'POST /routes/{route}/shadow/reset'(call, { params: { route } }) {
      await shadows.reset(call, route);
      return { other: emptyResponse() };
    },
  });
}

/** The type of {@link TYPES} that a client would like best; JSON where it names none of them. */
function wantedType(accept = ''): (typeof TYPES)[number] {
  for (const type of acceptedTypes(accept)) {
    const known = TYPES.find((each) => each === type);
    if (known !== undefined) return known;
  }
  return 'application/json';
}

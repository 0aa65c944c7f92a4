import type { AuditEndpoints } from '../api/index.js';
import { AUDIT_ENDPOINTS } from '../api/schemas/index.js';
import type { AuditFilter } from '../audit/index.js';
import type { Route } from '../protocols/index.js';
import type { AuditUseCases } from '../service/index.js';
import { encodeAuditEntry } from './encode-audit-entry.js';
import { createEndpointRoutes } from './endpoint-route.js';
import { readPage, readTime } from './read-request.js';

/** Who did what to what. */
export function createAuditRoutes(audit: AuditUseCases): readonly Route[] {
  return createEndpointRoutes<AuditEndpoints>(AUDIT_ENDPOINTS, {
    async 'GET /audit'(call, { query }) {
      const { limit, after } = readPage(query);
      const { entries, next } = await audit.search(call, readFilter(query), { limit, from: after });
      return { body: { entries: entries.map(encodeAuditEntry), next } };
    },
  });
}

function readFilter(query: URLSearchParams): AuditFilter {
  const ask = (name: string) => query.get(name) ?? undefined;
  return {
    sinceMs: readTime(query, 'since'),
    untilMs: readTime(query, 'until'),
    principal: ask('principal'),
    action: ask('action'),
    resource: ask('resource'),
    outcome: ask('outcome'),
  };
}

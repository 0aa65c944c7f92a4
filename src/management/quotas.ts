import type { Encoded, Quota, QuotaEndpoints, QuotaLimit } from '../api/index.js';
import { QUOTA_ENDPOINTS } from '../api/schemas/index.js';
import type { QuotaStanding } from '../core/index.js';
import type { Route } from '../protocols/index.js';
import type { CountedQuota, QuotaUseCases } from '../service/index.js';
import { createEndpointRoutes } from './endpoint-route.js';

/** What is left of quotas. */
export function createQuotaRoutes(quotas: QuotaUseCases): readonly Route[] {
  return createEndpointRoutes<QuotaEndpoints>(QUOTA_ENDPOINTS, {
    async 'GET /quotas'(call) {
      const { quotas: counted, omitted } = await quotas.report(call);
      return { body: { quotas: counted.map(encodeQuota), omitted } };
    },
  });
}

function encodeQuota({ quota: { name }, whose, standings }: CountedQuota): Encoded<Quota> {
  return {
    quota: name,
    principal: whose.principal,
    model: whose.model,
    group: whose.group,
    limits: standings.map((standing) => encodeLimit(name, standing)),
  };
}

function encodeLimit(quota: string, standing: QuotaStanding): Encoded<QuotaLimit> {
  const { policy, unit, limit, windowMs, remaining, resetMs } = standing;
  return {
    limit: policy.slice(quota.length + 1),
    unit,
    allowed: limit,
    remaining,
    window_ms: windowMs,
    reset_ms: resetMs,
  };
}

import { Type } from '@sinclair/typebox';
import { jsonResponse, type Route } from '../protocols/index.js';
import type { CountedQuota, QuotaUseCases } from '../service/index.js';

const LimitSchema = Type.Object({
  limit: Type.String({ description: 'As the settings name it: `tokensPerMinute`.' }),
  unit: Type.String(),
  allowed: Type.Number({ description: 'Within the window; of `requestsPerSecond` at once.' }),
  remaining: Type.Number(),
  window_ms: Type.Optional(Type.Number({ description: 'Missing where it is about what runs at the same time.' })),
  reset_ms: Type.Number({ description: 'Until all of it may be taken again.' }),
});
const ReportSchema = Type.Object({
  quotas: Type.Array(
    Type.Object({
      quota: Type.String(),
      principal: Type.Optional(Type.String({ description: 'Missing where it counts all callers together.' })),
      group: Type.Optional(Type.String()),
      model: Type.Optional(Type.String({ description: 'Missing where it counts all models together.' })),
      limits: Type.Array(LimitSchema),
    }),
    { description: 'Those of which least is left first, at most 1,000.' },
  ),
  omitted: Type.Integer({ minimum: 0, description: 'How many are not listed.' }),
});

/** What is left of quotas. */
export function createQuotaRoutes(quotas: QuotaUseCases): readonly Route[] {
  return [
    {
      tag: 'access',
      access: 'key',
      method: 'GET',
      path: '/millrace/v1/quotas',
      summary: 'What is left of quotas: of everybody with `quota.read`, else of the caller',
      control: false,
      response: ReportSchema,
      handle: async (call) => {
        const { quotas: counted, omitted } = await quotas.report(call);
        return jsonResponse({ quotas: counted.map(encode), omitted });
      },
    },
  ];
}

function encode({ quota, whose, standings }: CountedQuota): object {
  return {
    quota: quota.name,
    ...whose,
    limits: standings.map(({ policy, unit, limit, windowMs, remaining, resetMs }) => ({
      limit: policy.slice(quota.name.length + 1),
      unit,
      allowed: limit,
      remaining,
      window_ms: windowMs,
      reset_ms: resetMs,
    })),
  };
}

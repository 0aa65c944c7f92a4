import type { Encoded, ServiceLevel, SloEndpoints } from '../api/index.js';
import { SLO_ENDPOINTS } from '../api/schemas/index.js';
import type { Route } from '../protocols/index.js';
import type { SloReport, SloUseCases } from '../service/index.js';
import { createEndpointRoutes } from './endpoint-route.js';

/** Service level objectives. */
export function createSloRoutes(slos: SloUseCases): readonly Route[] {
  return createEndpointRoutes<SloEndpoints>(SLO_ENDPOINTS, {
    async 'GET /slos'(call) {
      return { body: { slos: (await slos.list(call)).map(encodeSlo) } };
    },
  });
}

function encodeSlo({ scope: { kind, name }, ...slo }: SloReport): Encoded<ServiceLevel> {
  return {
    slo: slo.name,
    model: kind === 'model' ? name : undefined,
    route: kind === 'route' ? name : undefined,
    indicator: slo.indicator,
    threshold_ms: slo.thresholdMs,
    objective: slo.objective,
    window_ms: slo.windowMs,
    requests: slo.requests,
    bad_requests: slo.bad,
    good_ratio: slo.goodRatio,
    error_budget_remaining: slo.budgetRemaining,
    burn_rates: slo.burnRates.map((rate) => ({
      severity: rate.severity,
      factor: rate.factor,
      long_window_ms: rate.longMs,
      short_window_ms: rate.shortMs,
      long_window_rate: rate.long,
      short_window_rate: rate.short,
      burning: rate.isBurning,
    })),
  };
}

import type { Call, Principal, Tenant } from '../../core/index.js';
import type { CostUnit } from '../../runtimes/index.js';

/** Who shares the instances of a model: each principal, by its weight (default: 1), or nobody, so that all wait in one line. */
export interface Fairness {
  readonly between: 'principals' | 'nobody';
  readonly weightOf?: ((principal: Principal) => number) | undefined;
}

/** Everybody, where nobody takes turns. */
export const EVERYBODY: Tenant = { name: '', weight: 1 };

/** On whose account a call runs. */
export function tenantOf({ principal }: Pick<Call, 'principal'>, { between, weightOf }: Fairness): Tenant {
  if (between === 'nobody') return EVERYBODY;
  return { name: principal.name, weight: weightOf?.(principal) ?? 1 };
}

/** What a request takes of its tenant's share: its rows, or its tokens where batches are limited by them. */
export function chargeOf(
  { rows, cost, costUnit }: { readonly rows: number; readonly cost: number; readonly costUnit: CostUnit },
  { weight }: Pick<Tenant, 'weight'>,
): number {
  return Math.max(1, costUnit === 'tokens' ? cost : rows) / weight;
}

/** Requests that one tenant has waiting. */
export interface Crowd {
  readonly size: number;
  readonly weight: number;
}

/** Whether a tenant has so much more waiting for its weight than another that, of a full queue, one of its places is the other's. */
export function crowdsOut(crowd: Crowd, other: Crowd): boolean {
  return (crowd.size - 1) / crowd.weight >= (other.size + 1) / other.weight;
}

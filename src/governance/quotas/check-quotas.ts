import { checkWrittenCaller } from './caller-match.js';
import { hasLimits, LIMIT_NAMES } from './limits.js';
import type { QuotasOptions } from './options.js';

/** What is wrong with quotas that are right one by one: where (`[0].burst`), and what. */
export interface QuotaProblem {
  readonly path: readonly string[];
  readonly message: string;
}

/** What no schema says of quotas. */
export function checkQuotas(quotas: QuotasOptions): readonly QuotaProblem[] {
  const problems: QuotaProblem[] = [];
  for (const [index, quota] of quotas.entries()) {
    const add = (key: string | undefined, message: string) =>
      problems.push({ path: key === undefined ? [String(index)] : [String(index), key], message });
    if (quotas.slice(0, index).some(({ name }) => name === quota.name)) {
      add('name', `'${quota.name}' is taken already`);
    }
    const { principal } = quota;
    const problem = principal === undefined ? undefined : checkWrittenCaller(principal);
    if (problem !== undefined) add('principal', problem);
    if (!hasLimits(quota) && quota.weight === undefined) {
      add(undefined, `limits nothing, expected one of ${LIMIT_NAMES.join(', ')}, weight`);
    }
    if (quota.weight !== undefined && quota.model !== undefined) {
      add('weight', 'is the same in the queues of all models: expected a quota without model');
    }
    if (quota.burst !== undefined && quota.requestsPerSecond === undefined) {
      add('burst', 'is of requestsPerSecond, which is missing');
    }
    if (quota.burst === 0 && (quota.requestsPerSecond ?? 0) > 0) {
      add('burst', 'expected at least 1, since no request could ever come; for none at all set requestsPerSecond: 0');
    }
  }
  return problems;
}

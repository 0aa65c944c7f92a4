import type { Encoded, UsageEndpoints, UsageReport, UsageRow } from '../api/index.js';
import { USAGE_ENDPOINTS } from '../api/schemas/index.js';
import { invalidArgument } from '../core/index.js';
import { type UsageReport as CountedUsage, requestsOf, type UsageRow as SummedUsage } from '../metering/index.js';
import { acceptedTypes, type Route } from '../protocols/index.js';
import type { UsageUseCases } from '../service/index.js';
import { timeOf } from '../text/index.js';
import { createEndpointRoutes } from './endpoint-route.js';
import { usageAsCsv } from './usage-csv.js';

const CSV_HEADERS = { 'content-type': 'text/csv; charset=utf-8', 'x-content-type-options': 'nosniff' } as const;

/** Who has used what. */
export function createUsageRoutes(usage: UsageUseCases): readonly Route[] {
  return createEndpointRoutes<UsageEndpoints>(USAGE_ENDPOINTS, {
    async 'GET /usage'(call, { query, accept }) {
      const wantsCsv = isCsv(query.get('format'), accept);
      const ask = (name: string) => query.get(name) ?? undefined;
      const question = { from: ask('from'), to: ask('to'), by: ask('by'), granularity: ask('granularity') };
      const body = encodeReport(await usage.report(call, question));
      return wantsCsv ? { other: { status: 200, headers: CSV_HEADERS, body: usageAsCsv(body) } } : { body };
    },
  });
}

function isCsv(format: string | null, accept = ''): boolean {
  if (format === null) {
    return acceptedTypes(accept).find((type) => type === 'text/csv' || type === 'application/json') === 'text/csv';
  }
  if (format !== 'json' && format !== 'csv') {
    throw invalidArgument(`format: expected json or csv, got '${format.slice(0, 80)}'`);
  }
  return format === 'csv';
}

function encodeReport({ fromMs, toMs, by, granularity, lostRequests, rows }: CountedUsage): Encoded<UsageReport> {
  return {
    from: timeOf(fromMs),
    to: timeOf(toMs),
    by,
    granularity,
    lost_requests: lostRequests,
    rows: rows.map(encodeRow),
  };
}

function encodeRow(row: SummedUsage): Encoded<UsageRow> {
  const { atMs, principal, group, model, version, route, arm, answered, refused, failed, cancelled, rows } = row;
  return {
    at: timeOf(atMs),
    principal,
    group,
    model,
    version,
    route,
    arm,
    requests: requestsOf(row),
    answered,
    refused,
    failed,
    cancelled,
    rows,
    prompt_tokens: row.promptTokens,
    cached_tokens: row.cachedTokens,
    completion_tokens: row.completionTokens,
    request_bytes: row.requestBytes,
    response_bytes: row.responseBytes,
    compute_ms: row.computeUs / 1_000,
    costs: row.costs,
  };
}

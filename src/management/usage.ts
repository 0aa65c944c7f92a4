import { type Static, Type } from '@sinclair/typebox';
import { invalidArgument } from '../core/index.js';
import { shownRow, type UsageReport, usageAsCsv } from '../metering/index.js';
import { acceptedTypes, jsonResponse, type Route } from '../protocols/index.js';
import type { UsageUseCases } from '../service/index.js';
import { queryParameter } from './untyped.js';

const Count = Type.Integer({ minimum: 0 });
const RowSchema = Type.Object({
  time: Type.Optional(Type.String({ format: 'date-time', description: 'When the hour or day began (UTC).' })),
  principal: Type.Optional(Type.String()),
  group: Type.Optional(
    Type.String({ description: "'' = in none. What members of several groups use counts for each." }),
  ),
  model: Type.Optional(Type.String({ description: "'' = the request has not come to one." })),
  version: Type.Optional(Type.Integer()),
  route: Type.Optional(Type.String()),
  arm: Type.Optional(Type.String()),
  requests: Count,
  answered: Count,
  refused: Count,
  failed: Count,
  cancelled: Count,
  rows: Count,
  prompt_tokens: Count,
  cached_tokens: Count,
  completion_tokens: Count,
  request_bytes: Count,
  response_bytes: Count,
  compute_ms: Type.Number({ minimum: 0 }),
  costs: Type.Record(Type.String(), Type.String(), { description: 'By currency, exactly: `{"USD": "0.0125"}`.' }),
});
const ReportSchema = Type.Object({
  from: Type.String({ format: 'date-time' }),
  to: Type.String({ format: 'date-time', description: 'That moment is not in it.' }),
  by: Type.Array(Type.String()),
  granularity: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
  lost_requests: Type.Integer({ description: 'Since the start of the server: their usage could not be written.' }),
  rows: Type.Array(RowSchema),
});

const OPERATION = {
  parameters: [
    queryParameter('from', 'ISO 8601; begins with the hour or day that it is in. Default: 24 hours before `to`.'),
    queryParameter('to', 'ISO 8601; ends with the hour or day that it is in. Default: now.'),
    queryParameter(
      'by',
      'What to tell apart: `principal`, `group`, `model`, `version`, `route`, `arm`, with commas between.',
    ),
    queryParameter('granularity', 'Default: one sum.', { type: 'string', enum: ['hour', 'day'] }),
    queryParameter('format', 'Default: by the header Accept.', { type: 'string', enum: ['json', 'csv'] }),
  ],
  responses: {
    200: {
      description: 'Success',
      content: { 'application/json': { schema: ReportSchema }, 'text/csv': { schema: { type: 'string' } } },
    },
  },
};
const CSV_HEADERS = { 'content-type': 'text/csv; charset=utf-8', 'x-content-type-options': 'nosniff' } as const;

/** Who has used what. */
export function createUsageRoutes(usage: UsageUseCases): readonly Route[] {
  return [
    {
      tag: 'usage',
      access: 'key',
      control: false,
      method: 'GET',
      path: '/millrace/v1/usage',
      summary: 'Who has used what, and what it costs',
      description: 'What callers may not see of others they see of themselves.',
      response: ReportSchema,
      operation: OPERATION,
      handle: async (call, { query, accept }) => {
        const wantsCsv = isCsv(query.get('format'), accept);
        const ask = (name: string) => query.get(name) ?? undefined;
        const question = { from: ask('from'), to: ask('to'), by: ask('by'), granularity: ask('granularity') };
        const report = await usage.report(call, question);
        if (wantsCsv) return { status: 200, headers: CSV_HEADERS, body: usageAsCsv(report) };
        return jsonResponse(encodeReport(report));
      },
    },
  ];
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

function encodeReport({ fromMs, toMs, by, granularity, lostRequests, rows }: UsageReport): Static<typeof ReportSchema> {
  return {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    by: [...by],
    granularity: granularity ?? null,
    lost_requests: lostRequests,
    rows: rows.map(shownRow),
  };
}

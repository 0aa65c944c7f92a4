import { Type } from '@sinclair/typebox';
import type { AuditFilter, FoundEntry } from '../audit/index.js';
import { invalidArgument } from '../core/index.js';
import { jsonResponse, type Route } from '../protocols/index.js';
import type { AuditUseCases } from '../service/index.js';
import { parseTime } from '../text/index.js';
import { readLimit } from './read-request.js';
import { LIMIT_PARAMETER, queryParameter } from './untyped.js';

const TrailSchema = Type.Object({
  entries: Type.Array(
    Type.Object(
      {
        chain: Type.String(),
        seq: Type.Integer({ minimum: 1 }),
        hash: Type.String(),
        index: Type.Optional(
          Type.Integer({ minimum: 0, description: 'Of an inference: its place among those that share its `seq`.' }),
        ),
        type: Type.String(),
        time: Type.String({ format: 'date-time' }),
        outcome: Type.Optional(
          Type.String({ description: '`ok`, an error code, or `unknown` of a change whose end is not known.' }),
        ),
      },
      { description: 'What else an entry has depends on its type.' },
    ),
    { description: 'The newest first.' },
  ),
  next: Type.Optional(Type.String({ description: 'The `cursor` of the next page; missing where there is none.' })),
});

/** Who did what to what. */
export function createAuditRoutes(audit: AuditUseCases): readonly Route[] {
  return [
    {
      tag: 'audit',
      access: 'key',
      control: false,
      method: 'GET',
      path: '/millrace/v1/audit',
      summary: 'Who did what to what: entries of the audit trail, the newest first',
      operation: {
        parameters: [
          LIMIT_PARAMETER,
          queryParameter('cursor', 'What `next` of the page before says.'),
          queryParameter('since', 'From this moment on.', { type: 'string', format: 'date-time' }),
          queryParameter('until', 'Before this moment.', { type: 'string', format: 'date-time' }),
          queryParameter('principal', 'Who: `key:ci`, `oidc:*`; `*` stands for any text.'),
          queryParameter('action', 'What: `model.load`, `model.*`.'),
          queryParameter('resource', 'To what: the name of a model or a route.'),
          queryParameter('outcome', '`ok`, an error code, or `unknown`.'),
        ],
      },
      response: TrailSchema,
      async handle(call, { query }) {
        const page = { limit: readLimit(query), from: query.get('cursor') ?? undefined };
        const { entries, next } = await audit.search(call, readFilter(query), page);
        return jsonResponse({ entries: entries.map(encodeEntry), next });
      },
    },
  ];
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

function readTime(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const atMs = parseTime(text);
  if (atMs !== undefined) return atMs;
  throw invalidArgument(`${name}: expected a time as in 2026-11-27T12:00:00Z, got '${text.slice(0, 80)}'`);
}

function encodeEntry({ chain, seq, hash, index, entry }: FoundEntry) {
  return { chain, seq, hash, index, ...entry };
}

import { Type } from '@sinclair/typebox';
import type { AuditFilter, FoundEntry } from '../../audit/index.js';
import { invalidArgument } from '../../core/index.js';
import type { AuditUseCases } from '../../service/index.js';
import { jsonResponse, type Route } from '../route.js';
import { LIMIT_PARAMETER, readLimit } from './conditions.js';

const TrailSchema = Type.Object({
  entries: Type.Array(
    Type.Object(
      {
        chain: Type.String(),
        seq: Type.Integer({ minimum: 1 }),
        hash: Type.String(),
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

const NAMES = ['principal', 'action', 'resource', 'outcome'] as const;

const parameter = (name: string, description: string, schema: object = { type: 'string' }) => ({
  name,
  in: 'query',
  schema,
  description,
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
          parameter('cursor', 'What `next` of the page before says.'),
          parameter('since', 'From this moment on.', { type: 'string', format: 'date-time' }),
          parameter('until', 'Before this moment.', { type: 'string', format: 'date-time' }),
          parameter('principal', 'Who: `key:ci`, `oidc:*`; `*` stands for any text.'),
          parameter('action', 'What: `model.load`, `model.*`.'),
          parameter('resource', 'To what: the name of a model or a route.'),
          parameter('outcome', '`ok`, an error code, or `unknown`.'),
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
  const names = NAMES.flatMap((name) => {
    const value = query.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(names), sinceMs: readTime(query, 'since'), untilMs: readTime(query, 'until') };
}

function readTime(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const atMs = Date.parse(text);
  if (Number.isNaN(atMs)) {
    throw invalidArgument(`${name}: expected a time as in 2026-11-27T12:00:00Z, got '${text.slice(0, 80)}'`);
  }
  return atMs;
}

function encodeEntry({ chain, seq, hash, entry }: FoundEntry) {
  return { chain, seq, hash, ...entry };
}

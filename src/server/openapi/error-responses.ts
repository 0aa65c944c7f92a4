import { type ErrorCode, MillraceError } from '../../core/index.js';
import type { Dialect, OpenApiObject, Route } from '../../protocols/index.js';
import { quotaHeaderRefs, retryHeaderRefs } from './response-headers.js';

/** What requests are refused with, in the words of the document. Errors that are bugs or the client's leaving are left out. */
const WHEN = {
  invalid_argument: 'The request is malformed or does not fit the model.',
  unauthenticated: 'No valid key.',
  permission_denied: 'The key may not do this.',
  not_found: 'There is no such thing.',
  failed_precondition: 'The server or the model is not in the state that this needs.',
  resource_exhausted: 'A limit is reached, or a queue full; see `Retry-After`.',
  quota_exceeded: 'A quota of the caller is used up; see `Retry-After`, `RateLimit` and `RateLimit-Policy`.',
  unavailable: 'Still loading, recovering or shutting down; see `Retry-After`.',
  deadline_exceeded: 'The deadline passed.',
} as const satisfies Partial<Readonly<Record<ErrorCode, string>>>;

/** What may be found out once a request has been counted, so that its answer says what is left. */
const AFTER_COUNTING: ReadonlySet<ErrorCode> = new Set([
  'invalid_argument',
  'failed_precondition',
  'resource_exhausted',
  'quota_exceeded',
  'unavailable',
  'deadline_exceeded',
]);
/** What may pass, so that its answer says when to try again. */
const MAY_PASS: ReadonlySet<ErrorCode> = new Set(['resource_exhausted', 'quota_exceeded', 'unavailable']);

type DescribedCode = keyof typeof WHEN;

interface DescribedError {
  readonly status: number;
  readonly code: ErrorCode;
  readonly description: string;
}

/** Of a body beyond the server's limit: that is found before any dialect sees it. */
const TOO_LARGE: DescribedError = { status: 413, code: 'invalid_argument', description: 'The body is too large.' };

/** Of an address with too many wrong keys: HTTP has a status for that, which no code has. */
const TOO_MANY_KEYS: DescribedError = {
  status: 429,
  code: 'resource_exhausted',
  description: 'Too many unknown keys came from this address; see `Retry-After`.',
};

/**
 * Components of the document: the responses that a dialect's errors are, by the name that `$ref`s in its operations have, and the one
 * schema that they all have.
 */
export function errorComponents(dialect: Dialect): {
  readonly responses: OpenApiObject;
  readonly schemas: OpenApiObject;
} {
  const codes = Object.keys(WHEN) as DescribedCode[];
  const errors = codes.map((code): DescribedError => ({ status: dialect.status[code], code, description: WHEN[code] }));
  const statuses = new Map<number, readonly DescribedError[]>();
  for (const error of [...errors, TOO_LARGE, TOO_MANY_KEYS])
    statuses.set(error.status, [...(statuses.get(error.status) ?? []), error]);
  const name = schemaName(dialect);
  let common: OpenApiObject | undefined;
  const responses: Record<string, OpenApiObject> = {};
  for (const [status, alike] of statuses) {
    const description = alike.map((error) => error.description).join(' ');
    const { type, example } = exampleOf(dialect, status, alike[0]?.code ?? 'internal');
    const response = componentName(dialect, status);
    const about = { description, ...headersOf(dialect, alike) };
    if (type === undefined) responses[response] = about;
    else if (example === undefined) responses[response] = { ...about, content: { [type]: { schema: TEXT } } };
    else {
      const schema = schemaOf(example);
      common = common === undefined ? schema : merge(common, schema);
      const content = { [type]: { schema: { $ref: `#/components/schemas/${name}` }, example } };
      responses[response] = { ...about, content };
    }
  }
  return { responses, schemas: common === undefined ? {} : { [name]: common } };
}

function headersOf(dialect: Dialect, alike: readonly DescribedError[]): OpenApiObject {
  const headers = {
    ...(alike.some(({ code }) => MAY_PASS.has(code)) && retryHeaderRefs()),
    ...(alike.some(({ code }) => AFTER_COUNTING.has(code)) && quotaHeaderRefs(dialect)),
  };
  return Object.keys(headers).length > 0 ? { headers } : {};
}

const TEXT: OpenApiObject = { type: 'string' };

/** `OipError`: what generated clients call it. */
function schemaName({ name }: Dialect): string {
  const words = name.split(/[^A-Za-z0-9]+/);
  return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}Error`;
}

/** The `responses` of what a route may be refused with, by status. */
export function errorResponses(dialect: Dialect, route: Route): OpenApiObject {
  const statuses = codesOf(route).map((code) => dialect.status[code]);
  if (route.body !== undefined) statuses.push(TOO_LARGE.status);
  if (route.access === 'key') statuses.push(TOO_MANY_KEYS.status);
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${componentName(dialect, status)}` }]),
  );
}

function codesOf({ access, path, body, inference }: Route): readonly DescribedCode[] {
  const named = path.includes('{');
  return [
    ...(body === undefined && !named ? [] : (['invalid_argument'] as const)),
    ...(access === 'key' ? (['unauthenticated', 'permission_denied'] as const) : []),
    ...(named || inference === true ? (['not_found'] as const) : []),
    ...(inference === true
      ? (['resource_exhausted', 'quota_exceeded', 'unavailable', 'deadline_exceeded'] as const)
      : []),
  ];
}

function componentName({ name }: Dialect, status: number): string {
  return `${name.replace(/[^\w.-]/g, '_')}.${status}`;
}

interface ErrorExample {
  /** undefined = it has no body. */
  readonly type?: string;
  /** undefined = it is no JSON. */
  readonly example?: unknown;
}

/** As the dialect itself writes such an error: what it makes of one says what they look like. */
function exampleOf(dialect: Dialect, status: number, code: ErrorCode): ErrorExample {
  const { headers, body } = dialect.encodeError(new MillraceError(code, 'what is wrong'), status);
  const type = headers['content-type']?.split(';', 1)[0];
  if (type === undefined || typeof body !== 'string' || body === '') return {};
  return /[/+]json$/.test(type) ? { type, example: JSON.parse(body) } : { type };
}

function schemaOf(value: unknown): OpenApiObject {
  if (Array.isArray(value)) return { type: 'array', items: value.length === 0 ? {} : schemaOf(value[0]) };
  switch (typeof value) {
    case 'object': {
      // Null here may be anything elsewhere.
      if (value === null) return {};
      const properties = Object.entries(value).map(([name, member]) => [name, schemaOf(member)] as const);
      return {
        type: 'object',
        properties: Object.fromEntries(properties),
        required: properties.map(([name]) => name),
      };
    }
    case 'string':
    case 'number':
    case 'boolean':
      return { type: typeof value };
    default:
      return {};
  }
}

/** What two errors have in common; what differs may be anything. */
function merge(one: OpenApiObject, other: OpenApiObject): OpenApiObject {
  if (JSON.stringify(one) === JSON.stringify(other)) return one;
  if (one.type !== 'object' || other.type !== 'object') return {};
  const [properties, others] = [one, other].map((schema) => schema.properties as Record<string, OpenApiObject>);
  const merged: Record<string, OpenApiObject> = { ...properties };
  for (const [name, schema] of Object.entries(others ?? {})) merged[name] = merge(merged[name] ?? schema, schema);
  const required = (one.required as string[]).filter((name) => (other.required as string[]).includes(name));
  return { type: 'object', properties: merged, required };
}

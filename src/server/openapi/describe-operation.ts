import { describePathParameters, type OpenApiObject, type Route } from '../../protocols/index.js';
import type { TableRow } from '../rest/route-table.js';
import { errorResponses } from './error-responses.js';
import { quotaHeaderRefs } from './response-headers.js';

/** The OpenAPI operation of a route: what it says of itself, completed by what follows from its other members. */
export function describeOperation({ dialect, route }: TableRow, requiresKey: boolean): OpenApiObject {
  const { operation = {}, tag, summary, description, access } = route;
  const { parameters, requestBody, responses, ...others } = operation;
  const body = requestBody ?? describeBody(route);
  return {
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    ...others,
    parameters: withPathParameters(route.path, asList(parameters)),
    ...(body !== undefined && { requestBody: body }),
    responses: {
      ...errorResponses(dialect, route),
      ...withQuotas({ ...describeSuccess(route), ...asObject(responses) }, { dialect, route }),
    },
    ...(requiresKey && access === 'key' && { security: [{ key: [] }] }),
  };
}

/** `postV2ModelsModelInfer`: for programs that make clients, where the route has no name of its own. */
export function operationIdOf({ method, path }: Pick<Route, 'method' | 'path'>): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function describeBody({ body }: Route): OpenApiObject | undefined {
  if (body === undefined) return undefined;
  if (body.kind === 'json') return { content: { 'application/json': { schema: body.schema } } };
  const bytes = { schema: { type: 'string', format: 'binary' } };
  return { content: { 'application/json': { schema: {} }, 'application/octet-stream': bytes } };
}

function describeSuccess({ operation, response, streams }: Route): OpenApiObject {
  // Some answer with another status; theirs is all there is to say.
  if (Object.keys(asObject(operation?.responses)).some((status) => /^2/.test(status))) return {};
  const json = response === undefined ? {} : { 'application/json': { schema: response } };
  const events = streams === true ? { 'text/event-stream': { schema: { type: 'string' } } } : {};
  const content = { ...json, ...events };
  return { 200: { description: 'Success', ...(Object.keys(content).length > 0 && { content }) } };
}

/** What runs a model says what is left of quotas, however it ends. */
function withQuotas(responses: OpenApiObject, { dialect, route }: TableRow): OpenApiObject {
  if (route.inference !== true) return responses;
  const described = Object.entries(responses).map(([status, response]) => {
    const { headers, ...others } = asObject(response);
    return [status, { ...others, headers: { ...quotaHeaderRefs(dialect), ...asObject(headers) } }] as const;
  });
  return Object.fromEntries(described);
}

function withPathParameters(path: string, given: readonly OpenApiObject[]): readonly OpenApiObject[] {
  const named = new Set(given.filter((parameter) => parameter.in === 'path').map(({ name }) => name));
  return [...describePathParameters(path).filter(({ name }) => !named.has(name)), ...given];
}

// What routes say of themselves is OpenAPI's JSON, which has no closer type here.
const asList = (value: unknown) => (value ?? []) as readonly OpenApiObject[];
const asObject = (value: unknown) => (value ?? {}) as OpenApiObject;

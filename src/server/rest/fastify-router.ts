import type { IncomingMessage, ServerResponse } from 'node:http';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { MillraceError, shuttingDown } from '../../core/index.js';
import type { Authenticate } from '../../governance/index.js';
import { isStream } from '../../protocols/index.js';
import { readBody } from '../http/body.js';
import type { HttpExchange, StreamingExchange } from '../http/exchange.js';
import { refuseCompressed } from '../http/incoming-body.js';
import { HttpError } from '../http-error.js';
import { readJson } from './json-body.js';
import { ExchangeRequest } from './route-request.js';
import { closestDialect, createAllowedMethods, type TableRow } from './route-table.js';
import type { SignpostAt } from './signposts.js';

export interface RouterOptions {
  readonly rows: readonly TableRow[];
  /** Routes that never come here; known for 405. */
  readonly elsewhere: readonly TableRow[];
  /** Where a request leads that no route has. */
  readonly signpostAt: SignpostAt;
  readonly authenticate: Authenticate;
  readonly maxBodyBytes: number;
}

/** Everything but inference: routing and validation by fastify, which never sees a socket or writes an answer. */
export interface BoundRouter {
  /** Answers the exchange, now or later. */
  dispatch(exchange: StreamingExchange): void;
  close(): Promise<void>;
}

/** What the pieces below need to get from fastify's request to ours. */
interface Binding extends RouterOptions {
  readonly exchangeOf: (request: FastifyRequest) => StreamingExchange;
  /** Requests whose route reads the body as it arrives. */
  readonly incoming: WeakSet<StreamingExchange>;
}

/** Where these are missing, fastify loads Ajv and fast-json-stringify, which takes a tenth of the time of a start. */
const WITHOUT_SCHEMAS = { buildValidator: refuseSchema, buildSerializer: refuseSchema };

const SMALL_BODY_BYTES = 1_048_576;
const NO_BYTES = new Uint8Array(0);
const MAX_PARAM_LENGTH = 1_024;

/** Binds the routes to a fastify of their own. */
export async function bindRouter(options: RouterOptions): Promise<BoundRouter> {
  const exchanges = new WeakMap<IncomingMessage, StreamingExchange>();
  const exchangeOf = (request: FastifyRequest): StreamingExchange => {
    const exchange = exchanges.get(request.raw);
    if (exchange === undefined) throw new MillraceError('internal', 'a request reached the router by itself');
    return exchange;
  };
  const binding: Binding = { ...options, exchangeOf, incoming: new WeakSet() };
  const fail = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    reply.hijack();
    exchangeOf(request).fail(error);
  };
  const app = fastify({
    logger: false,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    schemaController: { compilersFactory: WITHOUT_SCHEMAS },
    frameworkErrors: (error, request, reply) => fail(new HttpError(400, error.message), request, reply),
  });
  app.setErrorHandler(fail);
  bindBodies(app, binding);
  bindUnknown(app, binding);
  for (const row of options.rows) bindRoute(app, row, binding);

  await app.ready();
  let closed = false;
  return {
    dispatch(exchange) {
      // Fastify would write that itself.
      if (closed) {
        exchange.fail(shuttingDown());
        return;
      }
      const { req, res } = routedMessage(exchange);
      exchanges.set(req, exchange);
      app.routing(req, res);
    },
    close() {
      closed = true;
      return app.close();
    },
  };
}

/** Bodies are read as the server reads all bodies, whatever their type says, and checked behind fastify. */
function bindBodies(app: FastifyInstance, { exchangeOf, incoming }: Binding): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request, _payload, done) => {
    try {
      const { bodyLimit: maxBytes } = request.routeOptions;
      const exchange = exchangeOf(request);
      if (incoming.has(exchange)) done(null, undefined);
      else readBody(exchange, { maxBytes }, (bytes) => done(null, bytes));
    } catch (error) {
      done(error as Error);
    }
  });
}

/** Refuses what no route takes, before its body is read. */
function bindUnknown(app: FastifyInstance, { rows, elsewhere, signpostAt, exchangeOf }: Binding): void {
  const all = [...rows, ...elsewhere];
  const allowedMethods = createAllowedMethods(all.map(({ route }) => route));
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return;
    const exchange = exchangeOf(request);
    const { method = '', url = '', headers } = exchange.req;
    const path = url.split('?', 1)[0] ?? '';
    const signpost = await signpostAt(method, path);
    exchange.dialect = signpost?.dialect ?? closestDialect(all, path) ?? exchange.dialect;
    const allow = signpost?.dialect === undefined ? allowedMethods(path) : '';
    if (allow === '') {
      const { text, page } = signpost ?? {};
      const browses = (method === 'GET' || method === 'HEAD') && headers.accept?.includes('text/html') === true;
      if (page === undefined || !browses) {
        throw new HttpError(404, `no route ${method} ${path}${text === undefined ? '' : `: ${text}`}`);
      }
      reply.hijack();
      exchange.send({ status: 302, headers: { location: page }, body: '' });
      return;
    }
    throw new HttpError(405, `${path} does not take ${method}: expected ${allow}`, { allow });
  });
}

function bindRoute(app: FastifyInstance, { dialect, route, dialectOf }: TableRow, binding: Binding): void {
  const { exchangeOf, incoming, authenticate, maxBodyBytes } = binding;
  const { body } = route;
  const isLarge = body?.kind === 'bytes' || (body?.kind === 'json' && body.large === true);
  app.route<{ Params: Record<string, string> }>({
    method: route.method,
    url: toFastifyPath(route.path),
    bodyLimit: isLarge ? maxBodyBytes : Math.min(maxBodyBytes, SMALL_BODY_BYTES),
    onRequest: async (request) => {
      const exchange = exchangeOf(request);
      exchange.route = route.path;
      exchange.dialect = dialectOf?.(exchange.req.headers) ?? dialect;
      if (route.access === 'key') await exchange.enter(authenticate);
      if (body?.kind !== 'stream') return;
      refuseCompressed(exchange.req.headers['content-encoding']);
      incoming.add(exchange);
    },
    handler: async (request, reply) => {
      const exchange = exchangeOf(request);
      // Models load as long as they load.
      exchange.settlement.unwatch();
      const bytes = request.body instanceof Uint8Array ? request.body : NO_BYTES;
      const json = body?.kind === 'json' ? readJson(bytes, body.schema) : {};
      const { params } = request;
      const arriving = incoming.has(exchange) ? exchange.incoming() : undefined;
      const read = { params, body: bytes, json, incoming: arriving };
      const response = await route.handle(exchange.call, new ExchangeRequest(exchange, read));
      reply.hijack();
      if (isStream(response)) void exchange.stream(response);
      else exchange.send(response);
    },
  });
}

/** Two colons are one that is meant as such, and a parameter with text behind it needs an expression. */
function toFastifyPath(path: string): string {
  return path
    .replaceAll(':', '::')
    .replace(/\{(\w+)\}(?=[^/])/g, ':$1(^.+)')
    .replace(/\{(\w+)\}/g, ':$1');
}

function refuseSchema(): never {
  throw new Error('a route has a schema of fastify: bodies are checked behind it');
}

/** A request as fastify gets it to route it: no socket, no body, nothing to write to. */
interface RoutedMessage {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/**
 * What fastify reads of a request to find its route, whatever has read that: method, URL and headers. The type of the body stays away: what
 * a body is, its route says; fastify would refuse types that it cannot parse. Of the answer it has a status, which nothing reads.
 */
function routedMessage({ req: { method, url, headers } }: HttpExchange): RoutedMessage {
  const { 'content-type': _, ...others } = headers;
  // Fastify's types ask for the objects of `node:http`, of which its router needs these fields.
  return { req: { method, url, headers: others } as IncomingMessage, res: { statusCode: 200 } as ServerResponse };
}

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import fastifySwagger from '@fastify/swagger';
import type { TSchema } from '@sinclair/typebox';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { MillraceError } from '../core/index.js';
import type { Authenticate } from '../governance/index.js';
import type { Route } from '../protocols/index.js';
import { createAllowedMethods } from './allowed-methods.js';
import { readBody } from './body.js';
import { checkBody } from './check-body.js';
import type { Exchange } from './exchange.js';
import { HttpError } from './http-error.js';
import { decodeJson } from './json-body.js';
import type { Signpost } from './signposts.js';

export interface RouterOptions {
  readonly routes: readonly Route[];
  /** Routes that never come here; known for 405. */
  readonly elsewhere: readonly Pick<Route, 'method' | 'path'>[];
  /** Where a path leads that no route has. */
  readonly signpostAt?: (path: string) => Signpost | undefined;
  readonly authenticate: Authenticate;
  readonly maxBodyBytes: number;
  readonly openApi: OpenApiBase;
}

/** What the OpenAPI document holds besides the routes. */
export interface OpenApiBase {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, object>>;
}

/** Everything but inference: routing and validation by fastify, which never sees a socket or writes an answer. */
export interface BoundRouter {
  /** Answers the exchange, now or later. */
  dispatch(exchange: Exchange): void;
  /** The OpenAPI 3.1 document of the routes. */
  document(): object;
  close(): Promise<void>;
}

/** What the pieces below need to get from fastify's request to ours. */
interface Binding extends RouterOptions {
  readonly exchangeOf: (request: FastifyRequest) => Exchange;
}

const SMALL_BODY_BYTES = 1_048_576;
const MAX_PARAM_LENGTH = 1_024;

/** Binds the routes to a fastify of their own. */
export async function bindRouter(options: RouterOptions): Promise<BoundRouter> {
  const exchanges = new WeakMap<IncomingMessage, Exchange>();
  const exchangeOf = (request: FastifyRequest): Exchange => {
    const exchange = exchanges.get(request.raw);
    if (exchange === undefined) throw new MillraceError('internal', 'a request reached the router by itself');
    return exchange;
  };
  const binding: Binding = { ...options, exchangeOf };
  const fail = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    reply.hijack();
    exchangeOf(request).fail(error);
  };
  const app = fastify({
    logger: false,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: (error, request, reply) => fail(new HttpError(400, error.message), request, reply),
  });
  app.setErrorHandler(fail);
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  bindBodies(app, binding);
  bindUnknown(app, binding);
  app.register(fastifySwagger, {
    openapi: { openapi: '3.1.0', info: { ...options.openApi.info }, paths: { ...options.openApi.paths } },
  });
  app.register((scope, _options, done) => {
    for (const route of options.routes) bindRoute(scope, route, binding);
    done();
  });

  await app.ready();
  return {
    dispatch(exchange) {
      const { req, res } = exchange;
      exchanges.set(req, exchange);
      // These routes take JSON, whatever the client calls it; fastify would refuse names that it cannot parse.
      delete req.headers['content-type'];
      app.routing(req, res);
    },
    document: () => app.swagger(),
    close: () => app.close(),
  };
}

/**
 * What a client says that it accepts. Scripts wait for a server by the status that curl prints behind the body, and curl asks for
 * anything where its user asks for nothing; KServe's client does the same, and needs the body.
 */
function acceptOf({ accept, 'user-agent': userAgent }: IncomingHttpHeaders): string | undefined {
  return accept === '*/*' && userAgent?.startsWith('curl/') === true ? undefined : accept;
}

/** Bodies are read as the server reads all bodies, whatever their type says, and checked as TypeBox checks. */
function bindBodies(app: FastifyInstance, { exchangeOf }: Binding): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request, _payload, done) => {
    try {
      readBody(exchangeOf(request), request.routeOptions.bodyLimit, (bytes) => done(null, bytes));
    } catch (error) {
      done(error as Error);
    }
  });
  app.addHook('preValidation', async (request) => {
    if (request.routeOptions.schema?.body !== undefined) request.body = decodeJson(request.body);
  });
  app.setValidatorCompiler(({ schema }) => (body) => {
    try {
      checkBody(schema as TSchema, body);
      return true;
    } catch (error) {
      return { error: error as Error };
    }
  });
}

/** Refuses what no route takes, before its body is read. */
function bindUnknown(app: FastifyInstance, { routes, elsewhere, signpostAt, exchangeOf }: Binding): void {
  const allowedMethods = createAllowedMethods([...routes, ...elsewhere]);
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return;
    const exchange = exchangeOf(request);
    const { method, url = '', headers } = exchange.req;
    const path = url.split('?', 1)[0] ?? '';
    const allow = allowedMethods(path);
    if (allow === '') {
      const { text, page } = signpostAt?.(path) ?? {};
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

function bindRoute(app: FastifyInstance, route: Route, { exchangeOf, authenticate, maxBodyBytes }: Binding): void {
  app.route<{ Params: Record<string, string> }>({
    method: route.method,
    url: route.path.replace(/\{(\w+)\}/g, ':$1'),
    bodyLimit: route.largeBody === true ? maxBodyBytes : Math.min(maxBodyBytes, SMALL_BODY_BYTES),
    schema: {
      tags: [route.tag],
      summary: route.summary,
      hide: route.hidden === true,
      ...(route.description !== undefined && { description: route.description }),
      ...(route.body !== undefined && { body: route.body }),
      response: { 200: route.response ?? { type: 'null', description: 'Empty' } },
    },
    onRequest: async (request) => {
      const exchange = exchangeOf(request);
      exchange.route = route.path;
      if (route.access === 'key') exchange.begin(authenticate(request.headers.authorization, exchange.peer));
    },
    handler: async (request, reply) => {
      const exchange = exchangeOf(request);
      const { params, body } = request;
      const accept = acceptOf(exchange.req.headers);
      const response = await route.handle(exchange.call, { params, body, accept, origin: exchange.origin });
      reply.hijack();
      if ('stream' in response) void exchange.stream(response);
      else exchange.send(response);
    },
  });
}

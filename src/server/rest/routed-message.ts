import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpExchange } from '../http/exchange.js';

/** A request as fastify gets it to route it: no socket, no body, nothing to write to. */
interface RoutedMessage {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/**
 * What fastify reads of a request to find its route, whatever has read that: method, URL and headers. The type of the body stays away: what
 * a body is, its route says; fastify would refuse types that it cannot parse. Of the answer it has a status, which nothing reads.
 */
export function routedMessage({ req: { method, url, headers } }: HttpExchange): RoutedMessage {
  const { 'content-type': _, ...others } = headers;
  // Fastify's types ask for the objects of `node:http`, of which its router needs these fields.
  return { req: { method, url, headers: others } as IncomingMessage, res: { statusCode: 200 } as ServerResponse };
}

import POOLING from '../fixtures/toy-pooling/manifest.mjs';
import { type AppServer, startAppServer } from './app-server.js';
import { POOLING_MODELS } from './pooling-models.js';

/** Answer of a route that takes and gives JSON. */
export interface Posted {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // What a test expects of it is for the test to say.
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
  readonly json: any;
}

/** A server with a model for each task of `POOLING_MODELS`. */
export async function startPoolingServer(settings: Parameters<typeof startAppServer>[1] = {}) {
  const server: AppServer = await startAppServer(POOLING_MODELS, settings, { runtimes: [POOLING] });
  const url = server.addresses.http.url;
  async function ask(path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Posted> {
    const sent =
      body === undefined
        ? { headers }
        : {
            method: 'POST',
            headers: { 'content-type': 'application/json', ...headers },
            body: typeof body === 'string' ? body : JSON.stringify(body),
          };
    const response = await fetch(`${url}${path}`, sent);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
  }
  return { server, ask, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

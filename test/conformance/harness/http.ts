import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { Agent as TlsAgent, type AgentOptions as TlsOptions, request as tlsRequest } from 'node:https';

/** An answer with its body as it came over the wire. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HttpRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
}

/** A client that keeps its connections and adds nothing to what it is told to send. */
export class HttpClient {
  readonly #agent: Agent;
  readonly #request: typeof request;

  /** `options`: of TLS where `url` is `https:`, and of the connections (`localAddress`). */
  constructor(
    private readonly url: string,
    connections = 8,
    options: TlsOptions = {},
  ) {
    const isTls = url.startsWith('https:');
    const agent = { keepAlive: true, maxSockets: connections, ...options };
    this.#agent = isTls ? new TlsAgent(agent) : new Agent(agent);
    this.#request = isTls ? tlsRequest : request;
  }

  send({ method, path, headers = {}, body }: HttpRequest): Promise<Answer> {
    const isChunked = headers['transfer-encoding'] !== undefined;
    const length = body === undefined || isChunked ? {} : { 'content-length': Buffer.byteLength(body) };
    return new Promise((resolve, reject) => {
      const sent = this.#request(
        `${this.url}${path}`,
        {
          agent: this.#agent,
          method: method ?? (body === undefined ? 'GET' : 'POST'),
          headers: { ...length, ...headers },
          timeout: 120_000,
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () =>
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
          );
        },
      );
      sent.on('error', reject);
      sent.on('timeout', () => sent.destroy(new Error(`no answer to ${path} in time`)));
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

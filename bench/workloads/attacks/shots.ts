import { Agent, type OutgoingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';

/** Where a server is attacked. */
export interface Target {
  readonly url: string;
  readonly grpcUrl: string;
}

/** An attack on one server, ready to run. */
export interface Armed {
  /** Runs it once. Each promise resolves with the outcome of one request or connection: a status, an error code, or `ended`. */
  fire(): readonly Promise<string>[];
  /** Closes its connections. */
  close(): void;
}

export interface Shot {
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array;
}

/** Requests over HTTP, on as many connections as are waiting for an answer. */
export function armRequests(target: Target, next: () => readonly Shot[]): Armed {
  const agent = new Agent({ keepAlive: true });
  return {
    fire: () => next().map((shot) => post(`${target.url}${shot.path}`, shot, agent)),
    close: () => agent.destroy(),
  };
}

function post(url: string, { headers, body }: Shot, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    const sent = request(url, { method: 'POST', agent, headers: { ...headers, 'content-length': body.length } });
    sent.on('response', (response) => {
      const ended = () => resolve(String(response.statusCode));
      response.on('end', ended).on('error', ended).resume();
    });
    sent.on('error', (error) => resolve(codeOf(error)));
    sent.end(body);
  });
}

/** A connection that sends bytes and stays open until the server closes it. */
export function armConnections(url: string, bytes: Uint8Array): Armed {
  const { hostname, port } = new URL(url);
  const open = new Set<Socket>();
  const fire = (): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(Number(port), hostname);
      let outcome = 'ended';
      open.add(socket);
      socket.on('data', (chunk: Buffer) => {
        outcome = /^HTTP\/1\.1 (\d{3})/.exec(chunk.toString('latin1', 0, 12))?.[1] ?? outcome;
      });
      socket.on('error', (error) => {
        if (outcome === 'ended') outcome = codeOf(error);
      });
      socket.on('close', () => {
        open.delete(socket);
        resolve(outcome);
      });
      socket.write(bytes);
    });
  return {
    fire: () => [fire()],
    close() {
      for (const socket of open) socket.destroy();
    },
  };
}

function codeOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message;
}

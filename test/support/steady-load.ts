import { Agent, request } from 'node:http';
import { protoBytes } from './grpc-messages.js';
import { GrpcClient } from './grpc-server.js';
import { UPGRADE_KEY } from './upgradable-server.js';

const HEADERS = { 'content-type': 'application/json', authorization: `Bearer ${UPGRADE_KEY}` };
const ROUNDS = 20;
/** More than the server has to answer at a time: requests beyond them wait in the client. */
const MAX_CONNECTIONS = 64;
const GRPC_REQUEST = protoBytes('ModelInferRequest', {
  model_name: 'echo',
  inputs: [{ name: 'x', datatype: 'INT32', shape: [1] }],
  raw_input_contents: [Buffer.alloc(4).toString('base64')],
});

type Kind = 'http' | 'grpc' | 'stream';

/** Sends one request and reads its answer. Resolves with what is wrong, in the client's words; undefined = nothing. */
type Ask = () => Promise<string | undefined>;

/** Requests to the models `echo` and `counting`: unary calls over HTTP/1.1 and gRPC, and streams of server-sent events, over kept connections. */
export interface UpgradeClients {
  readonly asks: Readonly<Record<Kind, Ask>>;
  close(): void;
}

export function openClients(http: string, grpc: string): UpgradeClients {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });
  const client = new GrpcClient(grpc);
  const post = (path: string, body: object) => send(agent, `${http}/v2/models/${path}`, JSON.stringify(body));
  return {
    asks: {
      async http() {
        const { status, text } = await post('echo/infer', {
          inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }],
        });
        return status === 200 ? undefined : `${status} ${text}`;
      },
      async stream() {
        const { status, text } = await post('counting/generate_stream', { x: ROUNDS });
        const rounds = text.match(/^data: /gm)?.length;
        return status === 200 && rounds === ROUNDS && !text.includes('error') ? undefined : `${status} ${text}`;
      },
      async grpc() {
        const { error } = await client.unary(GRPC_REQUEST, {
          path: '/inference.GRPCInferenceService/ModelInfer',
          metadata: { authorization: HEADERS.authorization },
        });
        return error === null ? undefined : error.message;
      },
    },
    close() {
      agent.destroy();
      client.client.close();
    },
  };
}

/** Clients that ask one question after the other. */
export interface SteadyLoad extends AsyncDisposable {
  /** Everything but right answers, in the clients' words. */
  readonly failures: readonly string[];
  /** Resolves once each kind of client has so many more answers. */
  more(count: number): Promise<void>;
  /** Resolves when the last answer is there. */
  stop(): Promise<void>;
}

export function startSteadyLoad(http: string, grpc: string): SteadyLoad {
  const { asks, close } = openClients(http, grpc);
  const answered = { http: 0, grpc: 0, stream: 0 };
  const failures: string[] = [];
  const listeners = new Set<() => void>();
  let isOver = false;
  const loop = async (kind: Kind) => {
    while (!isOver) {
      const failure = await asks[kind]();
      if (failure === undefined) answered[kind]++;
      else failures.push(`${kind}: ${failure}`);
      for (const listener of listeners) listener();
    }
  };
  const kinds: readonly Kind[] = ['http', 'http', 'http', 'http', 'grpc', 'grpc', 'stream', 'stream'];
  const loops = kinds.map(loop);
  const stop = async () => {
    isOver = true;
    await Promise.all(loops);
    close();
  };
  return {
    failures,
    stop,
    [Symbol.asyncDispose]: stop,
    async more(count) {
      const before = { ...answered };
      await new Promise<void>((resolve) => {
        const check = () => {
          if (failures.length === 0 && !kinds.every((kind) => answered[kind] >= before[kind] + count)) return;
          listeners.delete(check);
          resolve();
        };
        listeners.add(check);
      });
    },
  };
}

/** Sends a request and reads all of its answer; what goes wrong is status 0. */
function send(agent: Agent, url: string, body: string): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve) => {
    const fail = (error: Error) => resolve({ status: 0, text: error.message });
    const outgoing = request(url, { agent, method: 'POST', headers: HEADERS }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      answer.on('error', fail);
    });
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}

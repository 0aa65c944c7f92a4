import type { LoadRequest } from '../../../src/loadgen/index.js';
import { treeUsage } from '../../../src/loadgen/index.js';
import { GrpcConnection } from '../../harness/grpc/client.js';
import { runH2load } from '../../harness/grpc/h2load.js';
import { framed, INFER_PATH, inferMessage, readInferAnswer } from '../../harness/grpc/messages.js';
import type { BenchModel } from '../../harness/models.js';
import { oipRequest, type Rows } from '../../harness/requests.js';
import type { BenchSettings, Contestant } from '../../harness/row.js';
import type { Sample } from '../../harness/sample.js';
import type { RunningServer } from '../../harness/server-process.js';
import { type MillraceOptions, startControl, startMillrace } from '../../harness/servers.js';
import { startTriton, type TritonOptions } from '../../peers/triton.js';

/** How long servers are driven over gRPC before they are measured: until then, V8's compiler threads take a part of the processor. */
export const GRPC_WARM_UP_SECONDS = 20;

/** The name under which the measured model is served. */
export const MODEL = 'm';

/** A model and the one request that is sent over and over. */
export interface Subject {
  readonly model: Pick<BenchModel, 'input'>;
  readonly rows: Rows;
}

export function messageOf({ model, rows }: Subject): Uint8Array {
  return inferMessage(rows, { model: MODEL, input: model.input });
}

export function binaryRequest({ model, rows }: Subject): LoadRequest {
  return oipRequest(rows, { model: MODEL, input: model.input, format: 'binary' });
}

/** Where a server speaks gRPC; throws when it does not. */
export function grpcOf({ grpcUrl, pid }: RunningServer): { readonly url: string; readonly pid: number } {
  if (grpcUrl === undefined) throw new Error('it has no gRPC port');
  return { url: grpcUrl, pid };
}

export interface DrivenOptions {
  readonly name: string;
  readonly peer?: boolean;
  readonly start: () => Promise<RunningServer>;
  /** Called once before anything is measured; throws when the server does not answer as it should. */
  readonly check?: (server: RunningServer) => Promise<void>;
  readonly drive: (server: RunningServer, seconds: number, settings: BenchSettings) => Promise<Sample>;
  /** Where it takes longer than usual until what it runs has been compiled. */
  readonly warmUpSeconds?: number;
}

/** A server that is driven in a way of its own. */
export function driven({ name, peer = false, start, check, drive, warmUpSeconds }: DrivenOptions): Contestant {
  return {
    name,
    peer,
    async open(settings) {
      const server = await start();
      return {
        async warmUp() {
          await check?.(server);
          const usual = settings.warmUpSeconds;
          await drive(server, settings.trial ? usual : (warmUpSeconds ?? usual), settings);
        },
        measure: () => drive(server, settings.seconds, settings),
        close: () => server.stop(),
      };
    },
  };
}

export function startModel(options: MillraceOptions): () => Promise<RunningServer> {
  return () => startMillrace(options);
}

export function startTritonModel(options: TritonOptions): () => Promise<RunningServer> {
  return () => startTriton(options);
}

export interface UnaryLoad {
  readonly connections: number;
  readonly streams: number;
}

/** One unary call over and over. */
export interface UnaryCall {
  readonly path: string;
  readonly message: Uint8Array;
  /** Throws where the answer is not as it should be. */
  readonly check: (answer: Uint8Array, server: RunningServer) => void;
}

interface CalledServer {
  readonly name: string;
  readonly peer?: boolean;
  readonly start: () => Promise<RunningServer>;
}

/** A server that h2load sends unary calls of ModelInfer. */
export function unaryByH2load(server: CalledServer, subject: Subject, load: UnaryLoad): Contestant {
  const check: UnaryCall['check'] = (answer, running) => {
    const { outputs } = readInferAnswer(answer);
    if (running.grpcUrl !== running.url && outputs.length !== 1) throw new Error(`${outputs.length} raw outputs`);
  };
  return callsByH2load(server, { path: INFER_PATH, message: messageOf(subject), check }, load);
}

/** A server that h2load sends the same unary call over and over. */
export function callsByH2load(server: CalledServer, { path, message, check }: UnaryCall, load: UnaryLoad): Contestant {
  const frame = framed(message);
  return driven({
    ...server,
    warmUpSeconds: GRPC_WARM_UP_SECONDS,
    check: async (running) => {
      const connection = await GrpcConnection.open(grpcOf(running).url);
      try {
        check(await connection.unary(path, frame), running);
      } finally {
        connection.close();
      }
    },
    async drive(running, seconds) {
      const { url, pid } = grpcOf(running);
      const cpuBefore = treeUsage(pid).cpuMs;
      const startedAt = performance.now();
      const result = await runH2load(url, { path, frame, ...load }, seconds);
      const cpuMs = treeUsage(pid).cpuMs - cpuBefore;
      return {
        requestsPerSecond: result.requests / result.seconds,
        cpuUsPerRequest: (cpuMs * 1000) / result.requests,
        cores: cpuMs / (performance.now() - startedAt),
      };
    },
  });
}

/** The control: it answers with what it got. */
export const HTTP2_ECHO = {
  name: 'http2 echo',
  start: async (): Promise<RunningServer> => {
    const server = await startControl('echo-http2');
    return { ...server, grpcUrl: server.url };
  },
};

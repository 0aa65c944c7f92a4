import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { decodeOtlpRequest } from './otlp-messages.js';
import { type ReceivedSpan, spansOfOtlp } from './otlp-spans.js';

/** How a receiver answers: a status, and a body. */
export interface OtlpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** Speaks OTLP as a collector does, and keeps all spans. */
export interface OtlpReceiver extends AsyncDisposable {
  /** `http://127.0.0.1:4711` */
  readonly endpoint: string;
  readonly spans: readonly ReceivedSpan[];
  readonly headers: readonly IncomingHttpHeaders[];
  /** Of the next requests; then it takes all. */
  readonly answers: OtlpAnswer[];
  /** Resolves with the spans of the first trace that has a span of that name, once `count` of them are there. */
  trace(name: string, count: number): Promise<readonly ReceivedSpan[]>;
  /** Resolves once a request has come that no earlier call has waited for. */
  requested(): Promise<void>;
}

/** Keeps spans, and wakes those that wait for some. */
class Spans {
  readonly all: ReceivedSpan[] = [];
  readonly #wake: (() => void)[] = [];

  add(request: unknown): void {
    this.all.push(...spansOfOtlp(request));
    for (const wake of this.#wake.splice(0)) wake();
  }

  async until<Found>(find: () => Found | undefined): Promise<Found> {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  trace(name: string, count: number): Promise<readonly ReceivedSpan[]> {
    return this.until(() => {
      const traceId = this.all.find((span) => span.name === name)?.traceId;
      const spans = this.all.filter((span) => span.traceId === traceId);
      return traceId !== undefined && spans.length >= count ? spans : undefined;
    });
  }
}

/** OTLP over HTTP, protobuf and JSON. `port`: default any. */
export async function startOtlpReceiver(port = 0): Promise<OtlpReceiver> {
  const spans = new Spans();
  const headers: IncomingHttpHeaders[] = [];
  const answers: OtlpAnswer[] = [];
  let waited = 0;
  const server = createServer(async (req, res) => {
    const body = Buffer.concat(await req.toArray());
    headers.push(req.headers);
    const isJson = req.headers['content-type'] === 'application/json';
    const isRight = req.method === 'POST' && req.url === '/v1/traces';
    const answer = answers.shift() ?? { status: isRight ? 200 : 404 };
    res.writeHead(answer.status, answer.headers).end(answer.body ?? '');
    spans.add(answer.status === 200 ? (isJson ? JSON.parse(body.toString()) : decodeOtlpRequest(body)) : {});
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: spans.all,
    headers,
    answers,
    trace: (...asked) => spans.trace(...asked),
    async requested() {
      await spans.until(() => (headers.length > waited ? true : undefined));
      waited++;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const SERVICE: ServiceDefinition = {
  Export: {
    path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    requestStream: false,
    responseStream: false,
    requestSerialize: (value: Buffer) => value,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (value: Buffer) => value,
    responseDeserialize: (bytes: Buffer) => bytes,
  },
};

/** OTLP over gRPC, by gRPC's own library; `refusals`: statuses of the next requests. */
export async function startOtlpGrpcReceiver() {
  const spans = new Spans();
  const metadata: Readonly<Record<string, unknown>>[] = [];
  const refusals: number[] = [];
  const server = new Server();
  server.addService(SERVICE, {
    Export(call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) {
      metadata.push(call.metadata.getMap());
      const code = refusals.shift();
      if (code === undefined) answer(null, Buffer.alloc(0));
      else answer({ code, details: 'not now' });
      spans.add(code === undefined ? decodeOtlpRequest(call.request) : {});
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    spans: spans.all,
    metadata,
    refusals,
    trace: (name: string, count: number) => spans.trace(name, count),
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
    },
  };
}

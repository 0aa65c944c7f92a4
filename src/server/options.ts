import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';

/** Sockets and what may come over them. */
export const ServerOptionsSchema = Type.Object(
  {
    host: Type.String({ default: '127.0.0.1', description: 'Address to bind to.', 'x-flag': '--host' }),
    httpPort: Type.Integer({
      default: 8000,
      minimum: 0,
      maximum: 65_535,
      description: 'REST; 0 = any free port.',
      'x-flag': '--http-port',
    }),
    grpcPort: Type.Integer({
      default: 8001,
      minimum: -1,
      maximum: 65_535,
      description: 'gRPC; 0 = any free port, -1 = no such port.',
      'x-flag': '--grpc-port',
    }),
    metricsPort: Type.Integer({
      default: 8002,
      minimum: -1,
      maximum: 65_535,
      description: 'Prometheus metrics; 0 = any free port, -1 = no such port.',
      'x-flag': '--metrics-port',
    }),
    adminPort: Type.Integer({
      default: -1,
      minimum: -1,
      maximum: 65_535,
      description: 'Model control (load, unload, settings) on a port of its own; -1 = on the REST port.',
    }),
    httpSocket: Type.String({
      default: '',
      description:
        "Unix socket for REST, besides the port; '' = none. Only this server's user may open it; `Host` is not checked.",
      'x-path': true,
    }),
    grpcSocket: Type.String({
      default: '',
      description: "Unix socket for gRPC, besides the port; '' = none. As `httpSocket`.",
      'x-path': true,
    }),
    maxInputBytes: Type.Integer({
      default: 67_108_864,
      minimum: 1,
      description: 'Largest request body and largest gRPC message, compressed or not.',
      'x-flag': '--http-max-input-size',
    }),
    maxBufferedBytes: Type.Integer({
      default: 1_073_741_824,
      minimum: 1,
      description:
        'Request bodies, gRPC messages and unread answers (over HTTP those of more than 16 KiB) held in memory at a time, all connections together; more ' +
        'are refused with 503 (gRPC: `UNAVAILABLE`, and `RESOURCE_EXHAUSTED` for an answer). On a server with keys, one caller may hold half ' +
        'of it, and a body counts with its `Content-Length` from its head.',
      'x-memory-share': 1 / 8,
    }),
    maxInputs: Type.Integer({ default: 256, minimum: 1, description: 'Most input tensors of a request.' }),
    maxHeaderBytes: Type.Integer({
      default: 16_384,
      minimum: 1_024,
      description: 'Largest header block, and metadata of a gRPC call.',
    }),
    maxConnections: Type.Integer({
      default: 10_000,
      minimum: 1,
      description:
        'Open connections per port. A further one takes the place of the longest idle one, and is dropped if none is idle.',
      'x-open-files-share': 1 / 4,
    }),
    httpHeaderForwardPattern: Type.String({
      default: '',
      description:
        "Headers whose name this regular expression matches become parameters of inference requests, for the model; '' = none. " +
        'Never `Authorization` or parameters that the protocol defines.',
      'x-flag': '--http-header-forward-pattern',
    }),
    grpcHeaderForwardPattern: Type.String({
      default: '',
      description: "The same for the metadata of gRPC calls; '' = none.",
      'x-flag': '--grpc-header-forward-pattern',
    }),
    headersTimeoutMs: Type.Number({ default: 10_000, minimum: 1, description: 'Time for the header block to arrive.' }),
    receiveTimeoutMs: Type.Number({
      default: 60_000,
      minimum: 1,
      description: 'Time for the whole request to arrive.',
    }),
    minReceiveBytesPerSecond: Type.Integer({
      default: 1_024,
      minimum: 0,
      description:
        'Slowest rate at which a request body or gRPC message may arrive; slower ones are ended with 408 (gRPC: `DEADLINE_EXCEEDED`) ' +
        'after `receiveGraceMs`. 0 = any rate.',
    }),
    receiveGraceMs: Type.Number({
      default: 10_000,
      minimum: 1,
      description: 'How long a body may arrive more slowly than `minReceiveBytesPerSecond`.',
    }),
    sendTimeoutMs: Type.Number({
      default: 60_000,
      minimum: 1,
      description: 'A client that takes no byte of its answer for this long is cut off.',
    }),
    keepAliveTimeoutMs: Type.Number({
      default: 75_000,
      minimum: 1,
      description: 'Time for the next request to begin.',
    }),
    requestTimeoutMs: Type.Number({
      default: 60_000,
      minimum: 1,
      description:
        'Deadline of a call that has none of its own (`X-Request-Timeout-Ms`, `grpc-timeout`), and the longest that it may ' +
        'ask for. A stream, and a gRPC call that changes the server, has only the deadline that its client gives it.',
    }),
    allowedHosts: Type.Array(Type.String(), {
      default: [],
      description:
        'Further `Host` names accepted on a loopback bind (DNS rebinding); `*` = any. Not checked on other binds.',
    }),
    trustedProxies: Type.Array(Type.String(), {
      default: [],
      description:
        'Proxies in front of this server: addresses, networks such as `10.0.0.0/8`, and `unix` for every program that connects to its Unix sockets. The ' +
        'address of a client is the last one in their `X-Forwarded-For` that is not such a proxy. The header is ignored from other addresses.',
    }),
    cors: Type.Object(
      {
        origins: Type.Array(Type.String(), {
          default: [],
          description: 'Origins that browsers may call from; `*` = any. Others are refused.',
        }),
        maxAgeS: Type.Integer({
          default: 600,
          minimum: 0,
          description: 'How long browsers may remember the answer to a preflight request.',
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    tls: Type.Object(
      {
        certFile: Type.String({
          default: '',
          description: "PEM chain; '' = no TLS. Read again when it changes.",
          'x-path': true,
        }),
        keyFile: Type.String({ default: '', description: 'PEM private key.', 'x-path': true }),
        clientCertificates: Type.Union([Type.Literal('none'), Type.Literal('optional'), Type.Literal('required')], {
          default: 'none',
          description:
            'Whether clients are asked for a certificate on all ports with TLS: `optional` = who shows one calls in its name, ' +
            '`required` = nobody connects without.',
        }),
        clientCaFile: Type.String({
          default: '',
          description: 'PEM certificates that those of clients must follow from. Read again when it changes.',
          'x-path': true,
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    listenWhenReady: Type.Boolean({
      default: false,
      description:
        'Opens the ports only once every model asked for at start is ready or has failed: for proxies that do not ask whether a server is ready, such as open-source nginx.',
    }),
    drainDelayMs: Type.Number({
      default: 0,
      minimum: 0,
      description:
        'After SIGTERM: not ready, but still serving for this long (5000 behind a Kubernetes service). Then the server gives up its ports before its connections.',
    }),
    gracePeriodMs: Type.Number({
      default: 30_000,
      minimum: 0,
      description: 'Time for accepted requests to finish at shutdown.',
      'x-flag': '--exit-timeout-secs',
      'x-flag-scale': 1_000,
    }),
    fastPath: Type.Boolean({
      default: true,
      description:
        'Reads plain inference requests of HTTP/1.1 from the socket itself; all others, and with `false` these too, are read by ' +
        '`node:http`. The answers are the same.',
    }),
    timingHeaders: Type.Boolean({ default: true, description: '`Server-Timing` on every answer.' }),
    loadReports: Type.Boolean({
      default: false,
      description:
        "Answers over HTTP to requests with `endpoint-load-metrics-format: TEXT` or `JSON` carry ORCA's load report (`endpoint-load-metrics`). Every " +
        'caller can then see how busy the server is.',
    }),
  },
  { additionalProperties: false },
);

export type ServerOptions = DeepReadonly<Static<typeof ServerOptionsSchema>>;

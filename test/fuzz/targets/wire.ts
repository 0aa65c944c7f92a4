import { brokenHttp2 } from '../http2-frames.js';
import { brokenHttp } from '../make-http.js';
import type { FuzzTarget } from '../target.js';
import { OIP_GRPC, OIP_HTTP } from './oip.js';
import { methodSamples, routeSamples } from './rows.js';

/** Bytes on connections for HTTP/1: damaged heads, lengths and chunks, pipelines. */
export const HTTP1: FuzzTarget = {
  ...OIP_HTTP,
  name: 'http1',
  make: brokenHttp(routeSamples(OIP_HTTP.rows)),
  reaches: ['200', '400', '404'],
  shots: 1_500,
};

/** Bytes on connections for gRPC: frames of HTTP/2 that are damaged, repeated and out of place. */
export const HTTP2: FuzzTarget = {
  ...OIP_GRPC,
  name: 'http2',
  // Node does not learn that the client of a broken connection has gone.
  settings: { ...OIP_GRPC.settings, server: { keepAliveTimeoutMs: 1_000 } },
  make: brokenHttp2(methodSamples(OIP_GRPC.rows)),
  reaches: ['gRPC 0'],
  shots: 1_000,
};

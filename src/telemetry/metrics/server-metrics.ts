import type { EventBus } from '../../core/index.js';
import { AuthMetrics } from './auth-metrics.js';
import { ConnectionMetrics } from './connection-metrics.js';
import type { Family } from './family.js';
import { GrpcMetrics } from './grpc-metrics.js';
import { HttpMetrics } from './http-metrics.js';
import { OutputMetrics } from './output-metrics.js';
import { TlsMetrics } from './tls-metrics.js';

/** What a server has to do with, models aside: keys, requests, connections, certificates, its standard streams. */
export function createServerMetrics(events: EventBus): {
  readonly subscriptions: readonly (() => void)[];
  readonly families: readonly Family[];
} {
  const auth = new AuthMetrics();
  const http = new HttpMetrics();
  const grpc = new GrpcMetrics();
  const connections = new ConnectionMetrics();
  const tls = new TlsMetrics();
  const outputs = new OutputMetrics();
  return {
    subscriptions: [
      events.subscribe('authReread', (event) => auth.record(event)),
      events.subscribe('httpFinished', (event) => http.record(event)),
      events.subscribe('grpcFinished', (event) => grpc.record(event)),
      events.subscribe('connectionLimited', (event) => connections.record(event)),
      events.subscribe('tlsCertificateLoaded', (event) => tls.record(event)),
      events.subscribe('outputFailed', (event) => outputs.record(event)),
    ],
    families: [auth, http, grpc, connections, tls, outputs].flatMap((metrics) => metrics.families()),
  };
}

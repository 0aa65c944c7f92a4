import type { TlsPair } from '../tls.js';
import type { GrpcContext } from './exchange.js';
import { GrpcListener, type GrpcListenerOptions } from './listener.js';
import { OpenCalls } from './open-calls.js';
import { Sidelines } from './sidelines.js';

export interface GrpcSetup extends Omit<GrpcContext, 'open' | 'sidelines'> {
  readonly tls: TlsPair | undefined;
}

/** The gRPC side of a server: one set of calls, whatever listener they come in by. */
export interface GrpcServer {
  createListener(options: Omit<GrpcListenerOptions, 'context' | 'tls'>): GrpcListener;
  readonly calls: OpenCalls;
}

const MAX_CHECK_INTERVAL_MS = 1_000;
const MIN_CHECK_INTERVAL_MS = 50;

export function createGrpcServer(setup: GrpcSetup): GrpcServer {
  const { options, clock, tls } = setup;
  const shortest = Math.min(options.receiveTimeoutMs, options.sendTimeoutMs) / 2;
  const interval = Math.max(MIN_CHECK_INTERVAL_MS, Math.min(MAX_CHECK_INTERVAL_MS, shortest));
  const calls = new OpenCalls(clock, interval);
  const context: GrpcContext = {
    ...setup,
    open: calls,
    sidelines: new Sidelines(),
  };
  return {
    createListener: (given) =>
      new GrpcListener({ ...given, context, tls: given.endpoint.kind === 'port' ? tls : undefined }),
    calls,
  };
}

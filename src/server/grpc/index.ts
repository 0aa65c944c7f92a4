import type { ByteBudget, Call, Clock, DeadlineWatch, EventBus, PrincipalShares } from '../../core/index.js';
import type { Authenticate } from '../../governance/index.js';
import type { Arrivals } from '../arrivals.js';
import type { ClientCertificates } from '../client-certificates.js';
import type { ServerOptions } from '../options.js';
import type { TlsPair } from '../tls.js';
import type { GrpcContext } from './exchange.js';
import { GrpcListener, type GrpcListenerOptions } from './listener.js';
import { OpenCalls } from './open-calls.js';
import { Sidelines } from './sidelines.js';

export interface GrpcSetup {
  readonly options: ServerOptions;
  readonly authenticate: Authenticate;
  /** Counts an inference before its message is read; throws where a quota is used up. */
  readonly admit?: ((call: Call) => void) | undefined;
  /** `authenticate` throws where there is no key. */
  readonly requiresKey: boolean;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly budget: ByteBudget;
  readonly shares?: PrincipalShares | undefined;
  readonly arrivals: Arrivals;
  readonly deadlines: DeadlineWatch;
  readonly requestId: (header: string | string[] | undefined) => string;
  readonly draining: () => boolean;
  readonly tls: TlsPair | undefined;
  /** undefined = no client is asked for one. */
  readonly certificates?: ClientCertificates | undefined;
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

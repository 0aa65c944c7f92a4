import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { ByteBudget, MillraceError, type Principal, PrincipalShares, within } from '../core/index.js';
import { NOTHING_RELOADED, type ReloadResult } from '../service/index.js';
import type { ListeningSocket } from '../systemd/index.js';
import { UNRECORDED } from '../tracing/index.js';
import { Arrivals } from './arrivals.js';
import { ClientCertificates } from './client-certificates.js';
import type { ServerDependencies } from './dependencies.js';
import { type AnswerStored, createFetch, createStoredAnswers, type Fetch } from './fetch/create-fetch.js';
import { createGrpcServer } from './grpc/index.js';
import { Connections } from './http/connection.js';
import type { HttpContext } from './http/exchange.js';
import { Gate } from './http/gate.js';
import { type Addresses, createListeners } from './listeners.js';
import { OpenRequests } from './open-requests.js';
import { QuotaHeaders } from './quota-headers.js';
import { createRequestIds } from './request-id.js';
import { openTlsFiles } from './tls.js';
import { TrustedProxies } from './trusted-proxies.js';

/** All that listens. */
export interface Server {
  /** Opens all ports and sockets, or none: rejects with `failed_precondition` saying which one cannot be had and what to change. */
  listen(): Promise<Addresses>;
  /** Answers one request of somebody else's HTTP server; its body must not have been read. Needs no {@link listen}. */
  handler(req: IncomingMessage, res: ServerResponse): void;
  /** Answers one request that the program has as a `Request`, as {@link handler} does. Its caller is never local. */
  readonly fetch: Fetch;
  readonly answerStored: AnswerStored;
  /** Whether {@link answerStored} would run a model. */
  readonly isInference: (method: string, path: string) => boolean;
  /** The sockets that it listens on. */
  sockets(): readonly ListeningSocket[];
  /**
   * Takes no more connections: another process listens on the same sockets. Everything is answered as before, but answers close their
   * connection, and gRPC clients are asked to connect again; idle connections stay for `server.keepAliveTimeoutMs`. Then the server drains.
   * Resolves when all is answered.
   */
  retire(): Promise<void>;
  /**
   * Gives up the ports of models. What comes over open connections is still answered, and answers close their connection, as with
   * {@link retire}: a proxy sends elsewhere what it cannot connect for, but not what it has sent. Resolves when no connection is open, at the
   * latest after a second.
   */
  leave(): Promise<void>;
  /** From now on inferences are refused as `unavailable` and answers close their connection; what was accepted goes on. */
  drain(): void;
  /** Ends what runs for principals whose credential has been taken away: their clients are told so, and cut off where they take too long. */
  endFor(principals: ReadonlySet<Principal>): void;
  /** Reads the files of TLS now. Never rejects. */
  reloadTls(): Promise<ReloadResult>;
  /** Drains, waits for what was accepted at most `gracePeriodMs`, cancels the rest, and gives up the ports. */
  close(gracePeriodMs: number): Promise<void>;
}

/** Connections over which nothing comes are waited for as long. */
const LEAVING_MS = 1_000;
/** Answers of cancelled calls get this long to leave. */
const FAREWELL_MS = 1_000;
/** The same of calls whose credential has been taken away. */
const PARTING_MS = 500;
/** Idle connections end so long after their time-out, at most. */
const KEEP_ALIVE_CHECK_MS = 2_000;

export function createServer(dependencies: ServerDependencies): Server {
  const { options, clock } = dependencies;
  let draining = false;
  let retiring: Promise<void> | undefined;
  let leaving: Promise<void> | undefined;
  const context = createContext(dependencies, {
    draining: () => draining,
    retiring: () => draining || retiring !== undefined || leaving !== undefined,
  });
  const gate = new Gate(context);
  const tls = openTlsFiles(options.tls, dependencies);
  const grpc = createGrpcServer({ ...dependencies, ...context, tls: tls?.pair });
  const listeners = createListeners(dependencies, { context, gate, grpc, tls: tls?.pair });
  const idle = () => Promise.all([context.open.idle(), grpc.calls.idle()]);
  const drain = () => {
    draining = true;
    context.open.drain();
    for (const listener of listeners.grpc) listener.drain();
    grpc.calls.drain();
  };
  const retire = async () => {
    const gone = Promise.all(listeners.all.map((listener) => listener.retire()));
    await within(clock, options.keepAliveTimeoutMs + KEEP_ALIVE_CHECK_MS, gone);
    drain();
    await idle();
  };
  const stop = async (patienceMs: number) => {
    stopWatching?.();
    const stopped = listeners.all.map((listener) => listener.stop());
    await within(clock, patienceMs, Promise.all(listeners.grpc.map((listener) => listener.sessionsGone())));
    for (const listener of listeners.all) listener.destroyConnections();
    await Promise.all(stopped);
  };
  let stopWatching: (() => void) | undefined;

  return {
    async listen() {
      try {
        const addresses = await listeners.listen();
        for (const router of listeners.routers) router.bindLater();
        stopWatching = tls?.watch((pair) => {
          for (const listener of listeners.all) listener.renew(pair);
          if (pair.ca !== undefined) context.certificates?.trust(pair.ca);
        });
        return addresses;
      } catch (error) {
        await stop(0);
        throw error;
      }
    },
    handler: (req, res) => gate.enterNode(listeners.libraryEntrance, { req, res }),
    fetch: createFetch({ ...dependencies, context, gate, entrance: listeners.libraryEntrance }),
    answerStored: createStoredAnswers({ ...dependencies, context, gate, entrance: listeners.libraryEntrance }),
    isInference: listeners.isInference,
    sockets: listeners.sockets,
    retire() {
      retiring ??= retire();
      return retiring;
    },
    async leave() {
      // A connection that the system has accepted is lost with its port.
      await readWhatHasCome();
      leaving ??= listeners.leave();
      await within(clock, LEAVING_MS, leaving);
    },
    drain,
    endFor(principals) {
      const requests = [context.open, grpc.calls].flatMap((open) => open.of(principals));
      if (requests.length === 0) return;
      const reason = new MillraceError('unauthenticated', 'the key of this request does not hold any more');
      for (const request of requests) request.cancel(reason);
      clock.setTimer(PARTING_MS, () => {
        for (const request of requests) request.cutOff();
      });
    },
    reloadTls: async () => tls?.check({ isAsked: true }) ?? NOTHING_RELOADED,
    async close(gracePeriodMs) {
      const giveUpAt = clock.now() + gracePeriodMs;
      drain();
      await readWhatHasCome();
      await within(clock, gracePeriodMs, idle());
      const reason = new MillraceError('unavailable', 'the server is shutting down');
      context.open.cancelAll(reason);
      grpc.calls.cancelAll(reason);
      await within(clock, FAREWELL_MS, idle());
      await stop(Math.max(FAREWELL_MS, giveUpAt - clock.now()));
      // Those that came over no socket of ours.
      for (const request of context.open.all()) request.cutOff();
      await Promise.all(listeners.routers.map((router) => router.close()));
    },
  };
}

/** In the second turn of the event loop, all is read that had come before the first. */
async function readWhatHasCome(): Promise<void> {
  await turn();
  await turn();
}

function createContext(
  dependencies: ServerDependencies,
  state: Pick<HttpContext, 'draining' | 'retiring'>,
): HttpContext {
  const { options, clock, events, requiresKey, deadlines, bodies, traces = UNRECORDED } = dependencies;
  const load = options.loadReports ? dependencies.load : undefined;
  const proxies = options.trustedProxies.length === 0 ? undefined : new TrustedProxies(options.trustedProxies);
  const { clientCertificates: mode } = options.tls;
  const certificates = mode === 'none' ? undefined : new ClientCertificates(mode, { events, now: () => clock.now() });
  return {
    options,
    clock,
    events,
    requiresKey,
    load,
    certificates,
    proxies,
    traces,
    connections: new Connections(clock, certificates, proxies),
    budget: new ByteBudget('the server', options.maxBufferedBytes),
    // Without keys all callers are one.
    shares: requiresKey ? new PrincipalShares(options.maxBufferedBytes) : undefined,
    arrivals: new Arrivals(clock, options),
    deadlines,
    bodies,
    open: new OpenRequests(),
    quotaHeaders: new QuotaHeaders(),
    requestId: createRequestIds(),
    ...state,
  };
}

import {
  ByteBudget,
  DeadlineWatch,
  EventBus,
  type Events,
  MillraceError,
  type Principal,
  PrincipalShares,
} from '../../src/core/index.js';
import { Arrivals } from '../../src/server/arrivals.js';
import { OpenRequests } from '../../src/server/open-requests.js';
import { QuotaHeaders } from '../../src/server/quota-headers.js';
import { type Exchange, Settlement } from '../../src/server/settlement.js';
import type { SettlementContext } from '../../src/server/settlement-context.js';
import { type TraceOpener, UNRECORDED } from '../../src/tracing/index.js';
import { FakeClock } from './fake-clock.js';
import { serverOptions } from './http-server.js';
import { principalWith } from './principals.js';

export const TESTER: Principal = principalWith('tester');
export const MAX_BYTES = 1_000;
export const TIMEOUT_MS = 5_000;

/** What one request came to. */
export interface Ending {
  readonly error: MillraceError | undefined;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

/** An exchange on which nothing moves but what the test moves. Settles when its answer has left, or its client has. */
export class FakeExchange implements Exchange {
  readonly subject = 'POST /v2/models/m/infer';
  readonly settlement: Settlement;
  /** `answer` or the code of an error, for everything that was written. */
  readonly written: string[] = [];
  readonly endings: Ending[] = [];
  /** How often it was told that the server shuts down. */
  hurries = 0;

  constructor(context: SettlementContext, headers: Readonly<Record<string, string>> = {}) {
    this.settlement = new Settlement(context, this, {
      headers,
      from: { remoteAddress: '127.0.0.1', transport: 'http' },
      peerAddress: '127.0.0.1',
    });
  }

  /** Takes more of the request, as long as somebody waits for it. */
  receive(bytes: number): void {
    const { settlement } = this;
    if (settlement.answered) return;
    settlement.requestBytes += bytes;
    try {
      settlement.hold(bytes);
    } catch (error) {
      settlement.fail(error);
    }
  }

  answer(bytes: number): void {
    const { settlement } = this;
    if (settlement.answered) return;
    const refusal = settlement.holdAnswer(bytes);
    if (refusal !== undefined) {
      settlement.fail(refusal);
      return;
    }
    settlement.answer();
    settlement.responseBytes += bytes;
    this.written.push('answer');
  }

  writeError(error: MillraceError): void {
    this.written.push(error.code);
  }

  /** What was written has left. */
  flush(): void {
    if (this.settlement.answered) this.settlement.settle();
  }

  leave(): void {
    if (this.settlement.settled) return;
    this.settlement.leave('the client left');
    this.settlement.settle();
  }

  hurry(): void {
    this.hurries++;
  }

  cutOff(): void {
    this.leave();
  }

  onSettled(): void {
    const { error, requestBytes, responseBytes } = this.settlement;
    this.endings.push({ error, requestBytes, responseBytes });
  }
}

/** A server without sockets: what its requests share, and what they publish. `shares`: each principal has a share of the bytes. `traces`: default nothing is recorded. */
export function createSettlements({
  shares = false,
  traces = UNRECORDED,
}: {
  readonly shares?: boolean;
  readonly traces?: TraceOpener;
} = {}) {
  const clock = new FakeClock();
  const events = new EventBus();
  const diagnostics: Events['diagnostic'][] = [];
  events.subscribe('diagnostic', (event) => diagnostics.push(event));
  const budget = new ByteBudget('the server', MAX_BYTES);
  const server = { draining: false };
  let requests = 0;
  const options = serverOptions({ maxBufferedBytes: MAX_BYTES });
  const context: SettlementContext = {
    options,
    shares: shares ? new PrincipalShares(MAX_BYTES) : undefined,
    arrivals: new Arrivals(clock, options),
    clock,
    events,
    budget,
    deadlines: new DeadlineWatch(clock),
    open: new OpenRequests(),
    traces,
    quotaHeaders: new QuotaHeaders(),
    requestId: (header) => (typeof header === 'string' ? header : `r${++requests}`),
    draining: () => server.draining,
  };
  return {
    clock,
    budget,
    diagnostics,
    server,
    context,
    /** A request of which nobody knows yet who calls. */
    receive: (headers?: Readonly<Record<string, string>>) => new FakeExchange(context, headers),
    /** A request whose call is open and whose deadline is watched. */
    open(headers?: Readonly<Record<string, string>>, principal = TESTER): FakeExchange {
      const exchange = new FakeExchange(context, headers);
      exchange.settlement.begin(principal, TIMEOUT_MS);
      return exchange;
    },
  };
}

/** The shutdown of the server, as its calls are told of it. */
export const SHUTDOWN = new MillraceError('unavailable', 'the server is shutting down');

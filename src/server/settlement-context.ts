import type { BodyMemory, Clock, DeadlineWatch, EventBus } from '../core/index.js';
import type { TraceOpener } from '../tracing/index.js';
import type { Arrivals } from './arrivals.js';
import type { BufferMemory } from './held-bytes.js';
import type { OpenRequests } from './open-requests.js';
import type { ServerOptions } from './options.js';
import type { QuotaHeaders } from './quota-headers.js';

/** What all requests of a server share, whatever transport they come by. */
export interface SettlementContext extends BufferMemory {
  readonly options: ServerOptions;
  readonly clock: Clock;
  readonly events: EventBus;
  /** Bodies that arrive. */
  readonly arrivals: Arrivals;
  /** undefined = bodies lie anywhere. */
  readonly bodies?: BodyMemory | undefined;
  /** Of all calls of the server. */
  readonly deadlines: DeadlineWatch;
  readonly open: OpenRequests;
  readonly quotaHeaders: QuotaHeaders;
  readonly traces: TraceOpener;
  readonly requestId: (header: string | string[] | undefined) => string;
  /** The server ends. */
  readonly draining: () => boolean;
}

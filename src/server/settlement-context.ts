import type { BodyMemory, ByteBudget, Clock, DeadlineWatch, EventBus } from '../core/index.js';
import type { Arrivals } from './arrivals.js';
import type { BufferShares } from './buffer-shares.js';
import type { OpenRequests } from './open-requests.js';
import type { ServerOptions } from './options.js';

/** What all requests of a server share, whatever transport they come by. */
export interface SettlementContext {
  readonly options: ServerOptions;
  readonly clock: Clock;
  readonly events: EventBus;
  /** What requests and answers may hold, those of all transports together. */
  readonly budget: ByteBudget;
  /** What the requests and answers of one principal may hold of that; undefined = all of it, as there are no keys. */
  readonly shares?: BufferShares | undefined;
  /** Bodies that arrive. */
  readonly arrivals: Arrivals;
  /** undefined = bodies lie anywhere. */
  readonly bodies?: BodyMemory | undefined;
  /** Of all calls of the server. */
  readonly deadlines: DeadlineWatch;
  readonly open: OpenRequests;
  readonly requestId: (header: string | string[] | undefined) => string;
  /** The server ends. */
  readonly draining: () => boolean;
}

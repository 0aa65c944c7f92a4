import type { BodyMemory, Call, Clock, DeadlineWatch, EventBus } from '../core/index.js';
import type { Authenticate, AuthenticateSigner, VouchFor } from '../governance/index.js';
import type { Dialect, SwitchedOff } from '../protocols/index.js';
import type { Service } from '../service/index.js';
import type { TraceOpener } from '../tracing/index.js';
import type { InheritedListeners } from './inherited.js';
import type { ServerLoad } from './load-report.js';
import type { ServerOptions } from './options.js';
import type { RenderMetrics } from './rest/metrics.js';

/** What a server is made with. */
export interface ServerDependencies {
  readonly options: ServerOptions;
  /** Sockets that listen already. Default: none. */
  readonly inherited?: InheritedListeners | undefined;
  /** What it speaks, at least one. The first writes the errors of requests that none of them has a route for. */
  readonly dialects: readonly Dialect[];
  /** What it could speak: who asks for their routes or services is told that they are off. */
  readonly switchedOff?: readonly SwitchedOff[];
  readonly service: Pick<Service, 'models' | 'server' | 'jobs'>;
  readonly authenticate: Authenticate;
  readonly authenticateSigner: AuthenticateSigner;
  /** Makes principals of callers whom the program that embeds the server has authenticated. */
  readonly vouchFor: VouchFor;
  /** Counts an inference request before its body is read; throws where a quota is used up. Default: nothing counts it. */
  readonly admit?: ((call: Call) => void) | undefined;
  /** `authenticate` throws where there is no key. */
  readonly requiresKey: boolean;
  readonly events: EventBus;
  readonly clock: Clock;
  /** Ends requests at their deadline. */
  readonly deadlines: DeadlineWatch;
  /** Where runners read large bodies. Default: they are sent to them. */
  readonly bodies?: BodyMemory | undefined;
  /** How busy the server is. Default: answers carry no load report. */
  readonly load?: (() => ServerLoad) | undefined;
  /** Default: nothing is recorded. */
  readonly traces?: TraceOpener | undefined;
  /** undefined = no metrics port. */
  readonly renderMetrics: RenderMetrics | undefined;
  /** Version of the package, for the OpenAPI document. */
  readonly version: string;
}

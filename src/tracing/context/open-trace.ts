import { type CallMetadata, type Clock, LazyTrace, type Principal, type TraceContext } from '../../core/index.js';
import { randomBits, Sampler, type SamplerOptions } from './sampler.js';
import { continued, continueTrace, parseTraceparent } from './trace-headers.js';

/** Opens the trace of each request that comes from outside, and decides whether it is recorded. */
export interface TraceOpener {
  /** `peerAddress`: of the program at the other end of the connection; '' = it came by a Unix socket, undefined = by no connection. */
  open(headers: CallMetadata, principal: Principal, peerAddress: string | undefined): TraceContext;
  /** Whether a principal continues its own traces here. What is opened before its name is known is opened anew then. */
  trusts(principal: Principal): boolean;
}

export interface TrustedParents {
  /** Names of principals. */
  readonly principals: readonly string[];
  readonly isProxy: (address: string) => boolean;
}

interface TraceOpenerSetup {
  readonly sampling: SamplerOptions;
  readonly trusted: TrustedParents;
  readonly clock: Clock;
}

/** Nothing is recorded: the ids of callers are kept, for logs, scripts and other servers. */
export const UNRECORDED: TraceOpener = {
  open: continueTrace,
  trusts: () => false,
};

const SAMPLED = { parentSpanId: undefined, sampled: true, state: undefined } as const;
const UNSAMPLED = { parentSpanId: undefined, sampled: false, state: undefined } as const;

/**
 * Trusted callers decide by the flag of their `traceparent`. All other requests start a trace, which a sampler decides about before anything
 * of it is made; one that was sent a parent is linked to it.
 */
export function createTraceOpener({ sampling, trusted, clock }: TraceOpenerSetup): TraceOpener {
  const sampler = new Sampler(sampling, clock);
  const principals = new Set(trusted.principals);
  const trusts = ({ name }: Principal) => principals.has(name);
  return {
    trusts,
    open(headers, principal, peerAddress) {
      const { traceparent } = headers;
      const parent = traceparent === undefined ? undefined : parseTraceparent(traceparent);
      if (parent !== undefined && (trusts(principal) || (peerAddress !== undefined && trusted.isProxy(peerAddress)))) {
        return continued(parent, headers.tracestate);
      }
      const random = randomBits();
      const origin = sampler.samples(random) ? SAMPLED : UNSAMPLED;
      return new LazyTrace(undefined, parent === undefined ? origin : { ...origin, link: parent }, random);
    },
  };
}

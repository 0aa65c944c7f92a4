import { type Clock, type ErrorCode, type EventBus, MillraceError } from '../../core/index.js';
import type { AuditOptions } from '../options.js';
import { type AuditTrail, FileTrail, NO_TRAIL } from './trail.js';

export interface OpenTrailSetup {
  readonly options: AuditOptions;
  readonly clock: Clock;
  readonly events: EventBus;
  /** Of millrace. */
  readonly version: string;
  /** Callers need credentials: there is somebody to name. */
  readonly hasCredentials: boolean;
}

/** Somebody was not let in, or not to what they asked for. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(['unauthenticated', 'permission_denied', 'quota_exceeded']);
/** What may be behind an error that says less, or something else: of what is hidden, or once too many keys were tried. */
const NOT_LET_IN: ReadonlySet<ErrorCode> = new Set(['unauthenticated', 'permission_denied']);

/**
 * The audit trail of a server, as its settings say. Refusals and inferences come to it by the events of the server; changes are recorded by
 * whoever makes them.
 */
export function openTrail({ options, clock, events, version, hasCredentials }: OpenTrailSetup): AuditTrail {
  if (options.enabled === 'auto' ? !hasCredentials : !options.enabled) return NO_TRAIL;
  const warn = (message: string, error?: unknown) =>
    events.publish('diagnostic', { level: 'error', room: 'audit', message, ...(error !== undefined && { error }) });
  const trail = new FileTrail({ options, clock, version, warn });
  events.subscribe('inferFinished', (event) => {
    const { call, target, error } = event;
    if (isRefusal(error)) trail.refuse(call, { action: 'model.infer', resource: target.name }, error);
    else trail.infer(event);
  });
  events.subscribe('httpFinished', ({ call, error, method, route, path }) => {
    if (isRefusal(error)) trail.refuse(call, { action: `${method} ${route || path}`, resource: path }, error);
  });
  events.subscribe('grpcFinished', ({ call, error, method, path }) => {
    if (isRefusal(error)) trail.refuse(call, { action: method || path, resource: '' }, error);
  });
  return trail;
}

function isRefusal(error: MillraceError | undefined): error is MillraceError {
  if (error === undefined) return false;
  const { cause } = error;
  return REFUSALS.has(error.code) || (cause instanceof MillraceError && NOT_LET_IN.has(cause.code));
}

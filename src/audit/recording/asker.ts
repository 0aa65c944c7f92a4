import type { CallContext } from '../../core/index.js';
import type { Asker } from '../entries.js';

const MAX_LENGTH = 512;

/** Who makes a call, as entries say it. */
export function askerOf({ principal, from, requestId, trace }: CallContext): Asker {
  return {
    principal: principal.id,
    ...(principal.groups.length > 0 && { groups: principal.groups }),
    remote_address: from.remoteAddress,
    transport: from.transport,
    request_id: requestId,
    ...(trace && { trace_id: trace.traceId }),
  };
}

/** Names as entries have them: strangers may send long ones. */
export function shorten(text: string): string {
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}…`;
}

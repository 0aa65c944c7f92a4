import { type Call, type EventBus, MillraceError, type Scope, toMillraceError } from '../core/index.js';
import { admit } from '../governance/index.js';
import type { AuditEntry, AuditTrail } from './types.js';

/** What a use case does, and to what. */
export interface Subject extends Pick<AuditEntry, 'action' | 'resource'> {
  /** Throws when nobody may do this here, whatever their scopes. */
  readonly check?: () => void;
}

interface AuditDependencies {
  readonly audit: AuditTrail;
  readonly events: EventBus;
}

/**
 * Runs a use case that changes something: only with the scope, and never without a trace. It is recorded before it begins,
 * or not begun, and again with its outcome; whoever lacks the scope leaves the second entry only.
 */
export function createAudit({ audit, events }: AuditDependencies, scope: Scope) {
  const end = (call: Call, { action, resource }: Subject, error?: unknown): void => {
    const outcome = error === undefined ? 'ok' : toMillraceError(error).code;
    try {
      audit.record({ action, resource, call, stage: 'ended', outcome });
    } catch (failure) {
      // What has been done stays done, and its beginning is recorded.
      const message = `the end of ${action} ${resource} (${outcome}) could not be recorded`;
      events.publish('diagnostic', { level: 'error', room: 'service', message, error: failure });
    }
  };
  const begin = (call: Call, { action, resource }: Subject): void => {
    try {
      audit.record({ action, resource, call, stage: 'begun' });
    } catch (cause) {
      const message = 'nothing is changed, since the audit trail cannot be written; the server log has the details';
      throw new MillraceError('unavailable', message, { cause });
    }
  };
  return function audited<Result>(call: Call, subject: Subject, work: () => Result): Result {
    try {
      subject.check?.();
      admit(call.principal, scope);
      begin(call, subject);
      const result = work();
      if (result instanceof Promise) {
        result.then(
          () => end(call, subject),
          (error: unknown) => end(call, subject, error),
        );
      } else {
        end(call, subject);
      }
      return result;
    } catch (error) {
      end(call, subject, error);
      throw error;
    }
  };
}

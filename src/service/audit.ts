import { type Action, type Call, type EventBus, MillraceError, toMillraceError } from '../core/index.js';
import { admit } from '../governance/index.js';
import type { AuditChange, AuditEntry, AuditTrail } from './types.js';

/** What a use case does, and to what. */
export interface Subject extends Pick<AuditEntry, 'action' | 'resource'> {
  /** What the caller must be allowed to do, and to what. Default: to the resource, or to everything where that is ''. */
  readonly right: Action;
  readonly on?: readonly string[];
  /** What is said of a name that nothing has, also to callers who do not see what has it. Default: `permission_denied`. */
  readonly unknown?: (name: string) => MillraceError;
  /** Throws when nobody may do this here, whatever their rights. */
  readonly check?: () => void;
}

/** A subject that can say what has been changed. */
export interface ChangingSubject<Result> extends Subject {
  readonly changeOf?: (result: Awaited<Result>) => AuditChange;
}

interface Ending {
  readonly error?: unknown;
  readonly change?: AuditChange | undefined;
}

interface AuditDependencies {
  readonly audit: AuditTrail;
  readonly events: EventBus;
}

/**
 * Runs a use case that changes something: only with the right to, and never without a trace. It is recorded before it
 * begins, or not begun, and again with its outcome; whoever lacks the right leaves the second entry only.
 */
export function createAudit({ audit, events }: AuditDependencies) {
  const end = (call: Call, { action, resource }: Subject, { error, change }: Ending): void => {
    const outcome = error === undefined ? 'ok' : toMillraceError(error).code;
    try {
      audit.record({ action, resource, call, stage: 'ended', outcome, ...(change && { change }) });
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
  return function audited<Result>(call: Call, subject: ChangingSubject<Result>, work: () => Result): Result {
    const done = (result: Awaited<Result>) => end(call, subject, { change: subject.changeOf?.(result) });
    const failed = (error: unknown) => end(call, subject, { error });
    try {
      // Before anything else is said.
      const { right, resource, on = [resource || '*'], unknown } = subject;
      for (const name of on) admit(call.principal, right, { name, isOwn: true, ...(unknown && { unknown }) });
      subject.check?.();
      begin(call, subject);
      const result = work();
      if (result instanceof Promise) {
        result.then(done, failed);
      } else {
        // What is no promise is its own result.
        done(result as Awaited<Result>);
      }
      return result;
    } catch (error) {
      failed(error);
      throw error;
    }
  };
}

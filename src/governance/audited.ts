import type { AuditChange, AuditTrail, Deed } from '../audit/index.js';
import { type Action, type CallContext, type MillraceError, toMillraceError } from '../core/index.js';
import { admit } from './access/admit.js';
import { ANONYMOUS } from './access/anonymous.js';

/** What a use case does, and to what. */
export interface Subject extends Deed {
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
  readonly changeOf?: (result: Result) => AuditChange;
}

/** Runs a use case that changes something: see {@link createAudit}. */
export type Audited = <Result>(
  call: CallContext,
  subject: ChangingSubject<Result>,
  work: () => Result | Promise<Result>,
) => Promise<Result>;

interface AuditSetup {
  readonly audit: AuditTrail;
  /** Called after each change that has been made. */
  readonly changed: (call: CallContext, subject: Subject) => void;
}

/**
 * Runs a use case that changes something: only with the right to, and never without a trace. It is recorded before it
 * begins, or not begun, and again with its outcome; whoever lacks the right leaves a refusal.
 */
export function createAudit({ audit, changed }: AuditSetup): Audited {
  const check = (call: CallContext, subject: Subject): void => {
    const { right, resource, on = [resource || '*'], unknown } = subject;
    try {
      // Who has a credential is told of rights before anything else; where nobody can have one, it is the mode that keeps them from it.
      const isAnonymous = call.principal.id === ANONYMOUS.id;
      if (isAnonymous) subject.check?.();
      for (const name of on) admit(call.principal, right, { name, isOwn: true, ...(unknown && { unknown }) });
      if (!isAnonymous) subject.check?.();
    } catch (thrown) {
      const error = toMillraceError(thrown);
      audit.refuse(call, subject, error);
      throw error;
    }
  };
  return async (call, subject, work) => {
    check(call, subject);
    const intent = await audit.begin(call, subject);
    try {
      const result = await work();
      audit.end(intent, { outcome: 'ok', change: subject.changeOf?.(result) });
      changed(call, subject);
      return result;
    } catch (error) {
      audit.end(intent, { outcome: toMillraceError(error).code });
      throw error;
    }
  };
}

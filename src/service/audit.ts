import { type Call, type EventBus, type Scope, toMillraceError } from '../core/index.js';
import { admit } from '../governance/index.js';

/** What a use case does, and to what. */
export interface Subject {
  readonly action: string;
  readonly resource: string;
}

/** Runs a use case that changes something: only with the scope, and into the audit trail either way. */
export function createAudit(events: EventBus, scope: Scope) {
  return function audited<Result>(call: Call, subject: Subject, work: () => Result): Result {
    const publish = (error?: unknown) =>
      events.publish('audit', {
        ...subject,
        call,
        outcome: error === undefined ? 'ok' : toMillraceError(error).code,
      });
    try {
      admit(call.principal, scope);
      const result = work();
      if (result instanceof Promise) result.then(() => publish(), publish);
      else publish();
      return result;
    } catch (error) {
      publish(error);
      throw error;
    }
  };
}

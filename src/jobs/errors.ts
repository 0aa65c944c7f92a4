import { MillraceError } from '../core/index.js';

/** The id is of a job that was removed: its time was over, or its owner has removed it. `not_found`; 410 over HTTP. */
export class JobGone extends MillraceError {
  constructor(id: string) {
    super('not_found', `job '${id}' was removed`);
    this.name = 'JobGone';
  }
}

/** The id is of a job of another server, with another store. `not_found`; 421 over HTTP. */
export class JobElsewhere extends MillraceError {
  constructor(id: string) {
    super('not_found', `job '${id}' is of another server: each server knows the jobs of its own store`);
    this.name = 'JobElsewhere';
  }
}

/** An idempotency key was used for another request. `failed_precondition`; 422 over HTTP. */
export class KeyConflict extends MillraceError {
  constructor(key: string, id: string) {
    super(
      'failed_precondition',
      `idempotency-key '${key}' was used for another request, job '${id}': send another key`,
    );
    this.name = 'KeyConflict';
  }
}

/** The same text for a job that is not there and for one that the caller may not see. */
export function unknownJob(id: string): MillraceError {
  return new MillraceError('not_found', `there is no job '${id}'`);
}

import type { JobRun } from '../../core/index.js';

const PREFIX = 'resp_';
/** As jobs are named: the server, and the rest. */
const PATTERN = /^resp_([a-z2-7]{8}-[a-z2-7]{32})$/;
/** More events than a response has. */
const NUMBERS_OF_ATTEMPT = 10_000_000;
/** Events that a stream begins with before the job runs: `response.created`, `response.queued`. */
export const FIRST_EVENTS = 2;

/** The id of the response of a job, which is known before it runs, and after a restart. */
export function responseIdOf(job: string): string {
  return `${PREFIX}${job}`;
}

/** The job of a response; undefined = it is not one of the background. */
export function jobOfResponse(id: string): string | undefined {
  return PATTERN.exec(id)?.[1];
}

/** Sequence number of the first event of an attempt: above those of all attempts before, so that readers who go on get all of it. */
export function firstNumberOf({ version }: JobRun): number {
  return FIRST_EVENTS + (version - 1) * NUMBERS_OF_ATTEMPT;
}

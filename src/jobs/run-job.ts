import { type Clock, MillraceError } from '../core/index.js';
import type { StoredIdentity } from '../governance/index.js';
import type { JobRecord } from '../store/index.js';
import { type AnswerRequest, callerOf, checkObjects, missedLimit, type RanRequest } from '../stored-requests/index.js';
import type { ObjectBodies } from './object-bodies.js';
import type { JobsOptions } from './options.js';
import type { RunJob } from './worker.js';

interface RunJobSetup {
  readonly options: Pick<JobsOptions, 'identityMaxAgeMs' | 'missingModel' | 'runTimeoutMs' | 'inputs' | 'outputs'>;
  readonly objects: ObjectBodies;
  readonly clock: Clock;
  readonly answer: AnswerRequest;
}

/** Runs an attempt of a job, on the account of its caller. */
export function createRunJob(setup: RunJobSetup): RunJob {
  const { options, clock } = setup;
  return async ({ record, body }, { signal, runsAlone }) => {
    const { principal, createdAtMs } = record;
    if (body === undefined) {
      throw new MillraceError('failed_precondition', 'the file with the body of the request is missing');
    }
    // It was written by `storedIdentityOf`.
    const identity = JSON.parse(record.identity) as StoredIdentity;
    const age = { createdAtMs, nowMs: clock.wallNow(), maxAgeMs: options.identityMaxAgeMs };
    const missed = missedLimit(identity, age);
    if (missed !== undefined) {
      throw new MillraceError('unauthenticated', `the job of '${principal}' did not start ${missed}`);
    }
    checkObjects(options, callerOf(record.identity), record.objects);
    const given = { record, body, identity, runsAlone, signal };
    const { input } = record.objects ?? {};
    if (input === undefined) return answered(setup, given);
    const read = await setup.objects.read(record.owner, input, signal);
    try {
      return await answered(setup, { ...given, body: read.body, contentType: read.contentType });
    } finally {
      read.release();
    }
  };
}

interface GivenRequest {
  readonly record: JobRecord;
  readonly body: Uint8Array;
  /** Of the object that the body was read from. */
  readonly contentType?: string | undefined;
  readonly identity: StoredIdentity;
  readonly runsAlone: boolean;
  readonly signal: AbortSignal;
}

async function answered(
  { options, answer, objects }: RunJobSetup,
  { record, body, contentType, identity, runsAlone, signal }: GivenRequest,
): Promise<RanRequest> {
  const { id, version, priority, request, runTimeoutMs = options.runTimeoutMs } = record;
  const headers = contentType === undefined ? request.headers : { 'content-type': contentType, ...request.headers };
  const limitMs = Math.min(runTimeoutMs, options.runTimeoutMs);
  const takesOtherVersion = options.missingModel === 'latest';
  const how = { identity, priority, job: { id, version }, takesOtherVersion, runsAlone, limitMs, signal };
  const ran = await answer({ ...request, headers, body }, how);
  const { output } = record.objects ?? {};
  if (output === undefined || ran.error !== undefined) return ran;
  return { ...ran, answer: await objects.writeAnswer(ran.answer, output, signal) };
}

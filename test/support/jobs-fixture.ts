import { Value } from '@sinclair/typebox/value';
import { onTestFinished } from 'vitest';
import { NO_TRAIL } from '../../src/audit/index.js';
import { Call, type Clock, EventBus, type Events, systemClock } from '../../src/core/index.js';
import { AccessPolicy, type BuiltInRole, createAudit, type Identity } from '../../src/governance/index.js';
import {
  createJobUseCases,
  type JobInfo,
  type JobSubmission,
  Jobs,
  type JobsOptions,
  JobsOptionsSchema,
  ObjectBodies,
} from '../../src/jobs/index.js';
import type { Store } from '../../src/store/index.js';
import type { AnswerRequest } from '../../src/stored-requests/index.js';
import { MemoryObjects } from './memory-objects.js';
import { openTestStore } from './store.js';

export const JOBS_OPTIONS: JobsOptions = Value.Default(JobsOptionsSchema, {}) as JobsOptions;

export const SUBMISSION: JobSubmission = {
  model: 'm',
  dialect: 'oip',
  request: { method: 'POST', url: '/v2/models/m/infer', headers: { 'content-type': 'application/json' } },
  body: Buffer.from('{"inputs":[]}'),
};

interface FixtureOptions {
  readonly answer: AnswerRequest;
  readonly options?: Partial<JobsOptions>;
  /** Default: a new one. */
  readonly store?: Store;
  /** Of the caller `ada`. Default: a key. */
  readonly kind?: 'key' | 'oidc';
  /** When that ends, in milliseconds since the Unix epoch. Default: never. */
  readonly endsAtMs?: number;
  /** Default: none. */
  readonly objects?: MemoryObjects;
  /** Default: that of the system. */
  readonly clock?: Clock;
}

interface Given {
  readonly request: Parameters<AnswerRequest>[0];
  readonly how: Parameters<AnswerRequest>[1];
}

/** Jobs in a real store, whose requests `answer` answers. Retries come at once. */
export async function jobsFixture({
  answer,
  options = {},
  store,
  kind = 'key',
  endsAtMs,
  objects = new MemoryObjects(),
  clock = systemClock,
}: FixtureOptions) {
  const used = store ?? (await openTestStore());
  const given: Given[] = [];
  const policy = new AccessPolicy();
  const callOf = (name: string, role: BuiltInRole, of: Identity['kind'] = 'key') => {
    const full = of === 'oidc' ? `oidc:corp/${name}` : name;
    const principal = policy.principalOf({
      kind: of,
      name: full,
      grants: [{ role }],
      ...(endsAtMs !== undefined && { endsAtMs }),
    });
    return Call.of(principal, { receivedAt: systemClock.now() });
  };
  const events = new EventBus();
  const diagnostics: Events['diagnostic'][] = [];
  events.subscribe('diagnostic', (event) => diagnostics.push(event));
  const all = { ...JOBS_OPTIONS, retryBackoffMs: 10, maxRetryBackoffMs: 20, ...options };
  const jobs = new Jobs({
    options: all,
    store: used,
    objects: new ObjectBodies({ store: objects, options: all, events }),
    clock,
    events,
    weightOf: () => 1,
    answer(request, how) {
      given.push({ request, how });
      return answer(request, how);
    },
  });
  onTestFinished(() => jobs.close());
  await jobs.start();
  const audited = createAudit({ audit: NO_TRAIL, changed: () => undefined });
  const cases = createJobUseCases({ jobs, records: used.jobs, clock: systemClock, audited });
  const call = callOf('ada', 'caller', kind);
  return {
    jobs,
    cases,
    diagnostics,
    call,
    callOf,
    /** What was asked of `answer`. */
    given,
    submit: (fields: Partial<JobSubmission> = {}): Promise<JobInfo> => cases.submit(call, { ...SUBMISSION, ...fields }),
    /** The job once it has ended. */
    async ended({ id }: JobInfo): Promise<JobInfo> {
      const info = await cases.settled(call, id, 30_000);
      if (info.endedAtMs === undefined) throw new Error(`job ${id} is ${info.state} after 30 s`);
      return info;
    },
  };
}

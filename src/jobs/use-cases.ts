import { type Action, type CallContext, type Clock, invalidArgument, MillraceError } from '../core/index.js';
import { type Audited, admit } from '../governance/index.js';
import type { JobRecord, JobRecords } from '../store/index.js';
import { describeJob } from './describe-job.js';
import { unknownJob } from './errors.js';
import { JobFollowers } from './follow-job.js';
import type { Jobs } from './jobs.js';
import { hasEnded } from './machine.js';
import { createSecretUseCases } from './secret-use-cases.js';
import { submitRequest } from './submit-request.js';
import type { JobListing, JobPage, JobQueue, JobSubmission, JobUseCases } from './types.js';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 1_000;

export interface JobUseCasesSetup {
  readonly jobs: Jobs;
  readonly records: JobRecords;
  readonly clock: Clock;
  readonly audited: Audited;
}

interface JobChange {
  readonly verb: 'cancel' | 'retry' | 'redeliver' | 'remove';
  readonly work: (record: JobRecord) => Promise<void>;
}

export function createJobUseCases(setup: JobUseCasesSetup): JobUseCases {
  const { jobs, records, clock } = setup;
  const find = async (call: CallContext, action: Action, id: string): Promise<JobRecord> => {
    const record = await jobs.find(id);
    if (isOwn(record, call)) return record;
    const { principal } = call;
    if (!principal.rights.allow('job.read', record.model)) throw unknownJob(id);
    admit(principal, action, record.model);
    return record;
  };
  const infoOf = (record: JobRecord) => describeJob(record, jobs.lanes);

  /** A change of somebody else's job is an entry of the audit trail. */
  const change = async (call: CallContext, id: string, { verb, work }: JobChange): Promise<void> => {
    await jobs.opened();
    const record = await find(call, 'job.change', id);
    if (isOwn(record, call)) await work(record);
    else {
      const subject = { action: `job.${verb}`, resource: id, right: 'job.change', on: [record.model] } as const;
      await setup.audited(call, subject, () => work(record));
    }
  };
  const pausing = (call: CallContext, model: string, isPaused: boolean): Promise<JobQueue> =>
    setup.audited(
      call,
      { action: isPaused ? 'job.pause' : 'job.resume', resource: model, right: 'job.change', unknown: unknownModel },
      async () => {
        await jobs.paused.set(model, isPaused);
        return jobs.queue(model);
      },
    );

  const followers = new JobFollowers();
  const submit = async (call: CallContext, submission: JobSubmission) => infoOf(await jobs.submit(call, submission));

  return {
    enabled: jobs.options.enabled,
    submit,
    submitRequest: (call, request) => submitRequest({ submit, clock }, call, request),
    async settled(call, id, waitMs) {
      const until = clock.now() + waitMs;
      for (;;) {
        // Before it is read: a change meanwhile is not missed.
        const wait = jobs.waits.open(id, Math.max(0, until - clock.now()));
        try {
          const record = await find(call, 'job.read', id);
          const isOver = clock.now() >= until || call.cancelled !== undefined || jobs.waits.isClosed;
          if (hasEnded(record) || isOver) return infoOf(record);
          call.signal.addEventListener('abort', wait.close, { once: true });
          await wait.changed;
        } finally {
          call.signal.removeEventListener('abort', wait.close);
          wait.close();
        }
      }
    },
    async *follow(call, id, after) {
      const look = () => find(call, 'job.read', id);
      for await (const item of followers.follow(jobs, call, { id, after, find: look })) {
        yield item.kind === 'job' ? infoOf(item.record) : undefined;
      }
    },
    get: async (call, id) => infoOf(await find(call, 'job.read', id)),
    async result(call, id) {
      const record = await find(call, 'job.answer', id);
      const { answer } = record;
      const body = answer === undefined ? undefined : await records.answerBody(id);
      return { info: infoOf(record), answer: answer && body && { ...answer, body } };
    },
    list: (call, listing) => list(setup, call, listing),
    async cancel(call, id) {
      const work = (record: JobRecord) => applied(jobs, record, { kind: 'cancelled', by: call.principal.id });
      await change(call, id, { verb: 'cancel', work });
      return infoOf(await jobs.find(id));
    },
    async retry(call, id) {
      const work = async (record: JobRecord) => {
        jobs.checkOpen(record.owner);
        await jobs.worker.ended(id);
        await applied(jobs, record, { kind: 'retried' });
      };
      await change(call, id, { verb: 'retry', work });
      return infoOf(await jobs.find(id));
    },
    async redeliver(call, id) {
      const work = async (record: JobRecord) => {
        if (!(await jobs.webhooks.redeliver(record))) throw notGivenUp(await jobs.find(id));
      };
      await change(call, id, { verb: 'redeliver', work });
      return infoOf(await jobs.find(id));
    },
    async remove(call, id) {
      const work = async (record: JobRecord) => {
        if (hasEnded(record) && (await jobs.remove(record))) return;
        throw mayNot(record, 'removed: cancel it first');
      };
      await change(call, id, { verb: 'remove', work });
    },
    async queues(call) {
      const { rights } = call.principal;
      await jobs.started;
      return jobs.queues().filter(({ model }) => rights.allow('job.read', model));
    },
    pause: (call, model) => pausing(call, model, true),
    resume: (call, model) => pausing(call, model, false),
    ...createSecretUseCases({ jobs, audited: setup.audited }),
  };
}

function isOwn({ owner }: JobRecord, { principal }: CallContext): boolean {
  return owner === principal.ownerId;
}

async function applied(jobs: Jobs, record: JobRecord, event: Parameters<Jobs['apply']>[1]): Promise<void> {
  if (await jobs.apply(record, event)) return;
  const now = await jobs.find(record.id);
  throw mayNot(now, event.kind === 'retried' ? 'retried' : 'cancelled');
}

/** For callers without any right on the name. */
function unknownModel(name: string): MillraceError {
  return new MillraceError('not_found', `model '${name}' is not found`);
}

function mayNot({ id, state }: JobRecord, done: string): MillraceError {
  return new MillraceError('failed_precondition', `job '${id}' is ${state} and cannot be ${done}`);
}

function notGivenUp({ id, webhook }: JobRecord): MillraceError {
  const message =
    webhook === undefined
      ? `job '${id}' has no webhook`
      : `the webhook of job '${id}' is ${webhook.state}; only one that has failed is sent again`;
  return new MillraceError('failed_precondition', message);
}

async function list({ jobs, records }: JobUseCasesSetup, call: CallContext, listing: JobListing): Promise<JobPage> {
  const { everyones = false, after, limit = DEFAULT_LIMIT, state, model } = listing;
  if (everyones) admit(call.principal, 'job.read', { name: model ?? '*' });
  const most = Math.min(MAX_LIMIT, Math.max(1, limit));
  const owner = everyones ? undefined : call.principal.ownerId;
  const found = await records.list({ owner, state, model }, { before: numberOf(after), limit: most + 1 });
  const page = found.slice(0, most);
  const last = page.at(-1);
  return {
    jobs: page.map((record) => describeJob(record, jobs.lanes)),
    next: found.length > most && last !== undefined ? String(last.number) : undefined,
  };
}

function numberOf(after: string | undefined): number | undefined {
  if (after === undefined) return undefined;
  if (/^\d{1,15}$/.test(after)) return Number(after);
  throw invalidArgument('after: expected `next` of the page before');
}

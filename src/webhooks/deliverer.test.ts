import { Value } from '@sinclair/typebox/value';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { jobRecord } from '../../test/support/jobs.js';
import { EventBus } from '../core/index.js';
import type { JobRecord, JobWebhook, WebhookRecords } from '../store/index.js';
import { type Attempt, WebhookDeliverer } from './deliverer.js';
import type { AttemptOutcome } from './delivery.js';
import { type WebhooksOptions, WebhooksOptionsSchema } from './options.js';

const DEFAULTS = Value.Default(WebhooksOptionsSchema, {}) as WebhooksOptions;
const OPTIONS = { ...DEFAULTS, retryBackoffMs: 1_000, ratePerHost: 10_000 };
const WEBHOOK: JobWebhook = {
  url: 'https://a.example/',
  format: 'standard',
  includesAnswer: false,
  maxAgeMs: 3_600_000,
  state: 'pending',
  attempts: 0,
  dueAtMs: 0,
  status: undefined,
  error: undefined,
};

/** Notifications in memory, in place of a store. */
function outbox(clock: FakeClock) {
  const jobs = new Map<number, JobRecord>();
  let trouble: string | undefined;
  const check = () => {
    if (trouble !== undefined) throw new Error(trouble);
  };
  const hostOf = (job: JobRecord) => new URL(job.webhook?.url ?? '').host;
  const pendingOf = (owner: string, host: string) =>
    [...jobs.values()]
      .filter((job) => job.owner === owner && hostOf(job) === host && job.webhook?.state === 'pending')
      .sort((a, b) => (a.webhook?.dueAtMs ?? 0) - (b.webhook?.dueAtMs ?? 0));
  const records: Pick<WebhookRecords, 'lanes' | 'next' | 'settle'> = {
    async lanes() {
      return [...jobs.values()].map((job) => ({
        owner: job.owner,
        host: hostOf(job),
        dueAtMs: job.webhook?.dueAtMs ?? 0,
      }));
    },
    async next({ owner, host }, limit) {
      check();
      return pendingOf(owner, host).slice(0, limit);
    },
    async settle({ job: { number }, attempts, to }) {
      check();
      const job = jobs.get(number);
      if (job?.webhook?.attempts !== attempts) return false;
      jobs.set(number, { ...job, webhook: { ...job.webhook, ...to } });
      return true;
    },
  };
  return {
    records,
    put(number: number, fields: Partial<JobRecord> = {}, webhook: Partial<JobWebhook> = {}) {
      const given = { ...WEBHOOK, dueAtMs: clock.wallNow(), ...webhook };
      jobs.set(number, jobRecord({ id: `j${number}`, number, endedAtMs: clock.wallNow(), ...fields, webhook: given }));
    },
    remove: (number: number) => jobs.delete(number),
    fail(message: string | undefined) {
      trouble = message;
    },
    states: () => [...jobs.values()].map(({ webhook }) => `${webhook?.state} ${webhook?.attempts}`),
  };
}

const ACCEPTED: AttemptOutcome = { kind: 'accepted', status: 204 };
const REFUSED: AttemptOutcome = { kind: 'refused', status: 500, retryAfterMs: undefined };

function delivererOf(attempt: (job: JobRecord, signal: AbortSignal) => Promise<AttemptOutcome>, options = OPTIONS) {
  const clock = new FakeClock();
  const box = outbox(clock);
  const sent: string[] = [];
  const events = new EventBus();
  const warnings: string[] = [];
  events.subscribe('diagnostic', ({ message }) => warnings.push(message));
  const counted: Attempt = async (job, signal) => {
    sent.push(job.id);
    return { outcome: await attempt(job, signal), paceMs: 0 };
  };
  const deliverer = new WebhookDeliverer({ records: box.records, options, clock, events, attempt: counted });
  return { clock, box, sent, deliverer, warnings };
}

describe('notifications', () => {
  it('that the store has are delivered at the start, and others as they come', async () => {
    const { clock, box, sent, deliverer } = delivererOf(async () => ACCEPTED);
    box.put(1);
    box.put(2);
    await deliverer.start();
    await clock.advance(10);
    box.put(3, { owner: 'key:b' });
    deliverer.added({ owner: 'key:b', host: 'a.example' });
    await clock.advance(10);
    expect(sent.sort()).toEqual(['j1', 'j2', 'j3']);
    expect([box.states(), deliverer.pending]).toEqual([['delivered 1', 'delivered 1', 'delivered 1'], 0]);
  });

  it('that fail are attempted again, when they are due', async () => {
    let isUp = false;
    const { clock, box, sent, deliverer } = delivererOf(async () => (isUp ? ACCEPTED : REFUSED));
    box.put(1);
    await deliverer.start();
    await clock.advance(3_100);
    expect(sent.length).toBeGreaterThanOrEqual(2);
    isUp = true;
    await clock.advance(30_000);
    expect(box.states()[0]).toMatch(/^delivered/);
    await clock.advance(86_400_000);
    expect(new Set(sent)).toEqual(new Set(['j1']));
    expect(sent.length).toBeLessThan(6);
  });

  it('to a receiver that hangs hold up no other principal and no other host', async () => {
    const { clock, box, sent, deliverer } = delivererOf((job) =>
      job.owner === 'key:bad' ? new Promise(() => undefined) : Promise.resolve(ACCEPTED),
    );
    for (let number = 1; number <= 50; number++) box.put(number, { owner: 'key:bad' });
    for (let number = 51; number <= 60; number++) box.put(number, { owner: 'key:good' });
    box.put(61, { owner: 'key:good' }, { url: 'https://other.example/' });
    await deliverer.start();
    await clock.advance(1_000);
    const bad = sent.filter((id) => Number(id.slice(1)) <= 50);
    expect([bad.length, sent.length - bad.length]).toEqual([2, 11]);
  });

  it('wait for a store that cannot be used', async () => {
    const { clock, box, deliverer, warnings } = delivererOf(async () => ACCEPTED);
    box.put(1);
    await deliverer.start();
    box.fail('disk full');
    await clock.advance(5_000);
    expect(box.states()).toEqual(['pending 0']);
    box.fail(undefined);
    await clock.advance(5_000);
    expect(box.states()).toEqual(['delivered 1']);
    expect(warnings.length).toBeGreaterThan(0);
  });

  it('of a job that was removed meanwhile are forgotten', async () => {
    const { clock, box, sent, deliverer } = delivererOf(async () => REFUSED);
    box.put(1);
    await deliverer.start();
    await clock.advance(100);
    box.remove(1);
    await clock.advance(3_600_000);
    expect([sent, deliverer.pending]).toEqual([['j1'], 0]);
  });

  it('under way at the end of the server are broken off, and do not count', async () => {
    const { clock, box, deliverer } = delivererOf(
      (_job, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(REFUSED))),
    );
    box.put(1);
    await deliverer.start();
    await clock.advance(10);
    await deliverer.close();
    expect(box.states()).toEqual(['pending 0']);
  });
});

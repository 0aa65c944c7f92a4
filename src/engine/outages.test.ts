import { describe, expect, it } from 'vitest';
import { call, Outcome, request } from '../../test/support/engine-fixture.js';
import { createSchedulerFixture, LIMITS } from '../../test/support/scheduler-fixture.js';
import { MillraceError } from '../core/index.js';
import { ModelDownError, type QueuePolicy } from './admission.js';
import type { Submission } from './types.js';

type Fixture = ReturnType<typeof createSchedulerFixture>;

function submit({ scheduler, clock }: Fixture, value: number, options: Parameters<typeof request>[1] = {}) {
  const outcome = new Outcome();
  scheduler.submit({ request: request(value, options), call: call(clock.now() + 60_000), sink: outcome });
  return outcome;
}

/** As a request of a route with a fallback. */
function submitMoving({ scheduler, clock }: Fixture, value: number, more: Pick<Submission, 'suspect'> = {}) {
  const outcome = new Outcome();
  const submission = { request: request(value), call: call(clock.now() + 60_000), sink: outcome, movesOn: true };
  scheduler.submit({ ...submission, ...more });
  return outcome;
}

const never = () => new Promise<never>(() => undefined);
const broken = () => Promise.reject(new MillraceError('internal', 'no memory left'));

describe('while no instance is up', () => {
  it('requests wait for one that is being loaded, ten seconds at most', async () => {
    const fixture = createSchedulerFixture({ restart: never });
    fixture.instance().die('signal SIGKILL');
    await fixture.clock.flush();
    const early = submit(fixture, 1);
    await fixture.clock.advance(9_000);
    const late = submit(fixture, 2);
    await fixture.clock.advance(999);
    expect([early.kind, late.kind]).toEqual(['pending', 'pending']);
    await fixture.clock.advance(1);
    const refusal = {
      code: 'unavailable',
      message: "model 'm/1' has been down for 10 s (signal SIGKILL); try again later",
      retryAfterMs: 1_000,
    };
    expect(early.error).toMatchObject(refusal);
    expect(late.error).toMatchObject(refusal);
    expect(submit(fixture, 3).error).toMatchObject(refusal);
    expect(fixture.budget.usedBytes).toBe(0);
  });

  it('those who wait are refused like those who come once the next attempt is far off', async () => {
    const fixture = createSchedulerFixture({ restart: broken });
    fixture.instance().die('signal SIGKILL');
    await fixture.clock.flush();
    const waiting = submit(fixture, 1);
    // Attempts after 100, 200, 400 and 800 ms, then 1.6 s.
    await fixture.clock.advance(1_499);
    expect(waiting.kind).toBe('pending');
    await fixture.clock.advance(1);
    expect(waiting.error?.message).toBe("model 'm/1' is down (no memory left) and starts again in 2 s");
  });

  it('a request without a deadline waits no longer than others', async () => {
    const fixture = createSchedulerFixture({ restart: never, limits: { decoupled: true } });
    fixture.instance().die('signal SIGKILL');
    await fixture.clock.flush();
    const stream = new Outcome();
    fixture.scheduler.submit({ request: request(1), call: call(), sink: stream });
    await fixture.clock.advance(10_000);
    expect(stream.error?.code).toBe('unavailable');
    expect(fixture.clock.pendingTimers).toBe(0);
  });

  it('requests with a fallback end at once, those in the queue and new ones', async () => {
    const fixture = createSchedulerFixture({ restart: never });
    submit(fixture, 1);
    const waiting = [submitMoving(fixture, 2), submit(fixture, 3)] as const;
    fixture.instance().die('signal SIGKILL');
    await fixture.clock.flush();
    const late = submitMoving(fixture, 4);
    const message = "model 'm/1' is down (signal SIGKILL) and is being started again";
    for (const { error } of [waiting[0], late]) {
      expect(error).toBeInstanceOf(ModelDownError);
      expect(error).toMatchObject({ code: 'unavailable', message });
    }
    expect(waiting[1].kind).toBe('pending');
  });

  it('the requests of a batch whose runner died go elsewhere with that said, and nowhere for the second time', async () => {
    const fixture = createSchedulerFixture({ restart: never });
    const batch = [submitMoving(fixture, 1), submitMoving(fixture, 2)];
    await fixture.clock.flush();
    fixture.instance().die('signal SIGSEGV');
    await fixture.clock.flush();
    for (const { error } of batch) expect(error).toMatchObject({ name: 'ModelDownError', suspect: { kills: 1 } });
    const elsewhere = createSchedulerFixture({ restart: never });
    const again = submitMoving(elsewhere, 1, { suspect: { kills: 1 } });
    await elsewhere.clock.flush();
    elsewhere.instance().die('signal SIGSEGV');
    await elsewhere.clock.flush();
    expect(again.error).toMatchObject({ name: 'RunnerDiedError' });
  });

  it('a request that ran alone when the runner died waits for the runner, and does not go to a fallback', async () => {
    const fixture = createSchedulerFixture({ restart: never });
    const running = submitMoving(fixture, 1);
    await fixture.clock.flush();
    fixture.instance().die('signal SIGSEGV');
    await fixture.clock.flush();
    expect(running.kind).toBe('pending');
  });

  it('requests are served when one comes back in time', async () => {
    const fixture = createSchedulerFixture();
    fixture.instance().die('signal SIGKILL');
    await fixture.clock.flush();
    const outcome = submit(fixture, 1);
    await fixture.clock.advance(100);
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    expect(outcome.kind).toBe('ok');
  });
});

describe('the wait in a queue', () => {
  it('counts from the arrival of a request, also when it comes back from a batch that has died', async () => {
    const fixture = createSchedulerFixture({ restart: never });
    const outcome = submit(fixture, 1, { queueTimeoutMs: 500 });
    await fixture.clock.advance(300);
    fixture.instance().die('signal SIGKILL');
    await fixture.clock.advance(199);
    expect(outcome.kind).toBe('pending');
    await fixture.clock.advance(1);
    expect(outcome.error).toMatchObject({
      code: 'resource_exhausted',
      message: "the request waited longer than its 500 ms in the queue of model 'm/1'; try again later",
    });
  });

  it('does not keep a request from its second try that an instance takes at once', async () => {
    const fixture = createSchedulerFixture();
    const outcomes = [1, 2].map((value) => submit(fixture, value, { queueTimeoutMs: 500 }));
    await fixture.clock.advance(600);
    fixture.instance().running?.fail(new MillraceError('internal', 'the graph raised'));
    await fixture.clock.flush();
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    expect(outcomes[0]?.kind).toBe('ok');
  });

  it('has a limit for requests that come without a deadline', async () => {
    const fixture = createSchedulerFixture({ limits: { executionTimeoutMs: 10_000_000 } });
    submit(fixture, 1);
    await fixture.clock.flush();
    const stream = new Outcome();
    fixture.scheduler.submit({ request: request(2), call: call(), sink: stream });
    await fixture.clock.advance(599_999);
    expect(stream.kind).toBe('pending');
    await fixture.clock.advance(1);
    expect(stream.error?.message).toBe(
      "the request waited longer than its 600000 ms in the queue of model 'm/1'; try again later",
    );
  });

  it('counts what was sent ahead to a busy instance against the size of the queue', async () => {
    const policy = LIMITS.policies.at(0) as QueuePolicy;
    const fixture = createSchedulerFixture({
      limits: { prefetchBelowMs: 10, policies: [{ ...policy, maxRequests: 2 }] },
    });
    const outcomes = [];
    for (let value = 0; value < 4; value++) {
      outcomes.push(submit(fixture, value));
      await fixture.clock.flush();
    }
    expect(fixture.instance().outstanding).toHaveLength(2);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['pending', 'pending', 'pending', 'resource_exhausted']);
  });

  it('is over for those behind a request that gave up, where they make a preferred batch without it', async () => {
    const batching = { batching: true, maxRows: 8, preferredSizes: [2, 6], maxDelayMs: 10_000 };
    const fixture = createSchedulerFixture({ limits: { batching } });
    const leaving = submit(fixture, 1, { queueTimeoutMs: 100 });
    submit(fixture, 2, { rows: 2 });
    await fixture.clock.advance(99);
    expect(fixture.instance().given).toHaveLength(0);
    await fixture.clock.advance(1);
    expect(leaving.kind).toBe('resource_exhausted');
    expect(fixture.instance().given.map(({ batch }) => batch.rows)).toEqual([2]);
  });
});

describe('a request that a runner was killed for', () => {
  it('is not run again when it ran by itself and used too much memory', async () => {
    const fixture = createSchedulerFixture();
    const outcome = submit(fixture, 1);
    await fixture.clock.flush();
    fixture.instance().die('used 300 MiB, limit 200 MiB', { overMemory: true });
    await fixture.clock.advance(200);
    expect(outcome.error?.code).toBe('unavailable');
    expect(fixture.instances).toHaveLength(2);
    expect(fixture.instance().given).toHaveLength(0);
  });

  it('is found out among the others of its batch, each of which runs by itself', async () => {
    const fixture = createSchedulerFixture();
    const outcomes = [1, 2].map((value) => submit(fixture, value));
    await fixture.clock.flush();
    fixture.instance().die('used 300 MiB, limit 200 MiB', { overMemory: true });
    await fixture.clock.advance(100);
    fixture.instance().die('used 300 MiB, limit 200 MiB', { overMemory: true });
    await fixture.clock.advance(200);
    fixture.instance().running?.finish();
    await fixture.clock.flush();
    expect(outcomes.map(({ kind }) => kind)).toEqual(['unavailable', 'ok']);
  });
});

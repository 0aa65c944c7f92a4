import fc from 'fast-check';
import { expect, it } from 'vitest';
import { call, IDENTITY, Outcome, request } from '../../test/support/engine-fixture.js';
import type { FakeInstance, GivenBatch } from '../../test/support/fake-instance.js';
import { createSchedulerFixture, LIMITS } from '../../test/support/scheduler-fixture.js';
import { type Call, type InferResponse, MillraceError } from '../core/index.js';
import { type BatchItem, STREAM_CREDIT } from '../runtimes/index.js';

/** One thing that happens; numbers pick among what exists at that moment. */
type Step =
  | { readonly kind: 'arrive'; readonly answers: number; readonly priority: number; readonly reads: boolean }
  | { readonly kind: 'cancel' | 'die' | 'fail' | 'answer'; readonly pick: number }
  | { readonly kind: 'advance'; readonly ms: number };

const does = <Kind extends string>(kind: Kind) => fc.record({ kind: fc.constant(kind), pick: fc.nat(50) });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('arrive' as const),
      answers: fc.constantFrom(0, 1, 3, 3 * STREAM_CREDIT),
      priority: fc.integer({ min: 0, max: 2 }),
      reads: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: does('cancel') },
  { weight: 1, arbitrary: does('die') },
  { weight: 1, arbitrary: does('fail') },
  { weight: 6, arbitrary: does('answer') },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 150 }) }) },
);
const setup = fc.record({
  instances: fc.integer({ min: 1, max: 2 }),
  concurrency: fc.integer({ min: 1, max: 3 }),
  batching: fc.boolean(),
  preserveOrder: fc.boolean(),
  pure: fc.boolean(),
  prefetchBelowMs: fc.constantFrom(0, 1_000),
});
type Setup = typeof setup extends fc.Arbitrary<infer Value> ? Value : never;

/** Somebody who reads at once what comes, or nothing until told to. */
class Reader extends Outcome {
  readonly call: Call = call();
  readonly answers: number;
  reads: boolean;
  grant: (answers: number) => void = () => undefined;
  #read = 0;

  constructor(answers: number, reads: boolean) {
    super();
    this.answers = answers;
    this.reads = reads;
  }

  override onResponse(response: InferResponse): void {
    super.onResponse(response);
    if (this.reads) this.read();
  }

  read(): void {
    this.reads = true;
    const more = this.responses.length - this.#read;
    this.#read = this.responses.length;
    if (more > 0) this.grant(more);
  }
}

function createFixture(options: Setup) {
  const { batching, concurrency, preserveOrder, pure, prefetchBelowMs, instances } = options;
  const policy = LIMITS.policies.at(0);
  const fixture = createSchedulerFixture({
    instances,
    description: { ...IDENTITY, decoupled: true, concurrency, pure },
    limits: {
      concurrency,
      decoupled: true,
      preserveOrder,
      pure,
      prefetchBelowMs,
      executionTimeoutMs: 400,
      policies: policy === undefined ? [] : [policy, policy],
      batching: { batching, maxRows: 3, preferredSizes: [], maxDelayMs: 0 },
    },
  });
  const readers: Reader[] = [];
  /** Answers given by batch and item; -1 = all, and the end. */
  const sent = new Map<string, number>();

  /** An item gives an answer where it has credit, or ends. Says whether it did anything. */
  function answerItem(instance: FakeInstance, { batch, emit }: GivenBatch, { callId, inputs }: BatchItem): boolean {
    const key = `${batch.id}:${callId}`;
    const count = sent.get(key) ?? 0;
    if (count < 0) return false;
    const value = new Float32Array(inputs[0]?.data.slice().buffer ?? [])[0] as number;
    if (instance.cancelled.includes(callId) || count === readers[value]?.answers) {
      sent.set(key, -1);
      emit([{ callId, outputs: [], final: true }]);
      return true;
    }
    const granted = instance.granted.filter((grant) => grant.callId === callId);
    if (count >= granted.reduce((sum, grant) => sum + grant.answers, STREAM_CREDIT)) return false;
    sent.set(key, count + 1);
    emit([{ callId, outputs: inputs.map((tensor) => ({ ...tensor, name: 'y' })), final: false }]);
    return true;
  }

  /** The batches that an instance runs do what they can. Says whether they did anything. */
  function answer(instance: FakeInstance): boolean {
    let did = false;
    for (const given of instance.outstanding.slice(0, concurrency)) {
      const { batch } = given;
      for (const item of batch.items) did = answerItem(instance, given, item) || did;
      if (batch.items.every(({ callId }) => sent.get(`${batch.id}:${callId}`) === -1)) given.end();
    }
    return did;
  }

  return { ...fixture, readers, answer };
}

type Fixture = ReturnType<typeof createFixture>;

async function perform(fixture: Fixture, next: Step): Promise<void> {
  const { instances, readers, scheduler, clock } = fixture;
  switch (next.kind) {
    case 'arrive': {
      const reader = new Reader(next.answers, next.reads);
      const value = readers.push(reader) - 1;
      const { priority } = next;
      reader.grant = scheduler.submit({ request: request(value, { priority }), call: reader.call, sink: reader });
      return;
    }
    case 'cancel':
      readers[next.pick % Math.max(1, readers.length)]?.call.cancel(new MillraceError('cancelled', 'left'));
      return;
    case 'die':
      if (next.pick % 3 === 0) instances.at(-1)?.die('signal SIGKILL');
      return;
    case 'fail':
      if (next.pick % 3 === 0) instances.at(-1)?.running?.fail(new MillraceError('internal', 'no'));
      return;
    case 'answer':
      fixture.answer(instances[next.pick % instances.length] as FakeInstance);
      await clock.flush();
      return;
    case 'advance':
      await clock.advance(next.ms);
      return;
    default:
      next satisfies never;
  }
}

/** Everybody reads, everything is answered, restarts happen. */
async function settleAll({ clock, instances, readers, scheduler, answer }: Fixture): Promise<void> {
  for (let turn = 0; turn < 4_000; turn++) {
    await clock.flush();
    for (const reader of readers) reader.read();
    let did = false;
    for (const instance of instances) did = answer(instance) || did;
    if (did) continue;
    if (scheduler.queuedRequests === 0 && scheduler.executingRequests === 0) return;
    await clock.advance(100);
  }
  throw new Error('the scheduler does not come to rest');
}

it('gives every reader what is due, and lets none wait for ever, whatever happens in whatever order', async () => {
  const steps = fc.array(step, { minLength: 1, maxLength: 60, size: 'max' });
  await fc.assert(
    fc.asyncProperty(setup, steps, async (options, happening) => {
      const fixture = createFixture(options);
      for (const next of happening) await perform(fixture, next);
      await settleAll(fixture);
      for (const { answers, ends, kind, responses } of fixture.readers) {
        expect(ends).toBe(1);
        expect(['ok', 'cancelled', 'internal', 'unavailable', 'resource_exhausted']).toContain(kind);
        if (kind === 'ok') expect(responses).toHaveLength(answers);
      }
      expect(fixture.budget.usedBytes).toBe(0);
      expect(fixture.scheduler.queuedBytes).toBe(0);
      await fixture.scheduler.settled();
    }),
    { numRuns: 300 },
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { call, IDENTITY, Outcome, request } from '../../../test/support/engine-fixture.js';
import type { FakeInstance } from '../../../test/support/fake-instance.js';
import { createSchedulerFixture } from '../../../test/support/scheduler-fixture.js';
import { numbersOf } from '../../../test/support/tensors.js';
import { type Call, MillraceError } from '../../core/index.js';
import type { BatchItem } from '../../runtimes/index.js';

/** One thing that happens; numbers pick among what exists at that moment. */
type Step =
  | { readonly kind: 'send'; readonly id: number; readonly start: boolean; readonly end: boolean }
  | { readonly kind: 'cancel' | 'finish' | 'fail' | 'itemError' | 'die'; readonly pick: number }
  | { readonly kind: 'advance'; readonly ms: number };

const pick = fc.nat(50);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      id: fc.integer({ min: 1, max: 6 }),
      start: fc.boolean(),
      end: fc.integer({ min: 0, max: 4 }).map((value) => value === 0),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('finish' as const), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('cancel' as const, 'fail' as const, 'itemError' as const), pick }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('die' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 400 }) }) },
);

const setup = fc.record({
  instances: fc.integer({ min: 1, max: 2 }),
  slots: fc.integer({ min: 1, max: 3 }),
  direct: fc.boolean(),
  batching: fc.boolean(),
  maxDelayMs: fc.constantFrom(0, 20),
  pure: fc.boolean(),
  timeoutMs: fc.constantFrom(0, 150),
  concurrency: fc.constantFrom(1, 2),
});
type Setup = typeof setup extends fc.Arbitrary<infer Value> ? Value : never;

interface Sent {
  readonly index: number;
  readonly id: number;
  readonly start: boolean;
  readonly call: Call;
  readonly outcome: Outcome;
}

const MAX_IDLE_MS = 300;

function createFixture(options: Setup) {
  return createSchedulerFixture({
    instances: options.instances,
    description: { ...IDENTITY, stateful: true, pure: options.pure },
    limits: {
      batching: { batching: options.batching, maxRows: 3, preferredSizes: [], maxDelayMs: options.maxDelayMs },
      policies: [{ maxRequests: 8, timeoutMs: options.timeoutMs, timeoutAction: 'reject', allowTimeoutOverride: true }],
      pure: options.pure,
      concurrency: options.concurrency,
      sequences: {
        slotsPerInstance: options.slots,
        maxIdleMs: MAX_IDLE_MS,
        minSlotUtilization: options.direct ? 0.6 : undefined,
        idInput: undefined,
      },
    },
  });
}

/** What the slots of the instances hold, kept by the simplest rule: the requests since the last start, in order. */
class Reference {
  readonly #sent: readonly Sent[];
  readonly #options: Setup;
  readonly #slots = new Map<FakeInstance, Map<number, readonly Sent[]>>();

  constructor(sent: readonly Sent[], options: Setup) {
    this.#sent = sent;
    this.#options = options;
  }

  /** A batch of an instance ends well, for all its members or all but one. */
  finish(instance: FakeInstance, items: readonly BatchItem[], failed?: number): void {
    const slots = this.#slots.get(instance) ?? new Map<number, readonly Sent[]>();
    this.#slots.set(instance, slots);
    const together = new Set(items.map(({ sequence }) => sequence?.slot));
    expect(together.size).toBe(items.length);
    for (const item of items) if (item.callId !== failed) this.#step(slots, item);
  }

  #step(slots: Map<number, readonly Sent[]>, { inputs, sequence }: BatchItem): void {
    const sent = this.#sent[Number(numbersOf(inputs[0])[0])] as Sent;
    expect(sequence).toMatchObject({ id: BigInt(sent.id), start: sent.start });
    const slot = sequence?.slot ?? -1;
    expect(slot).toBeLessThan(this.#options.slots);
    const before = sent.start ? [] : (slots.get(slot) ?? []);
    // What goes on has a beginning, and all of it is the same sequence in the order of arrival.
    if (!sent.start) expect(before[0]?.start).toBe(true);
    for (const { id, index } of before) {
      expect(id).toBe(sent.id);
      expect(index).toBeLessThan(sent.index);
    }
    slots.set(slot, [...before, sent]);
  }
}

type Fixture = ReturnType<typeof createFixture>;

interface World {
  readonly fixture: Fixture;
  readonly reference: Reference;
  readonly sent: Sent[];
}

async function perform({ fixture, reference, sent }: World, step: Step): Promise<void> {
  switch (step.kind) {
    case 'send': {
      const { id, start, end } = step;
      const entry = { index: sent.length, id, start, call: call(), outcome: new Outcome() };
      sent.push(entry);
      const sequence = { id: BigInt(id), start, end };
      const submission = { request: request(entry.index, { sequence }), call: entry.call, sink: entry.outcome };
      fixture.scheduler.submit(submission);
      return;
    }
    case 'cancel':
      sent[step.pick % Math.max(1, sent.length)]?.call.cancel(new MillraceError('cancelled', 'the client left'));
      return;
    case 'advance':
      await fixture.clock.advance(step.ms);
      return;
    case 'finish':
    case 'fail':
    case 'itemError':
    case 'die': {
      const running = fixture.instances.filter((instance) => instance.running !== undefined);
      const instance = running[step.pick % Math.max(1, running.length)];
      const batch = instance?.running;
      if (instance === undefined || batch === undefined) return;
      const { items } = batch.batch;
      const first = items[0]?.callId ?? -1;
      if (step.kind === 'finish') {
        reference.finish(instance, items);
        batch.finish();
      } else if (step.kind === 'itemError') {
        reference.finish(instance, items, first);
        batch.finishWithItemError(first, 'refused');
      } else if (step.kind === 'fail') batch.fail(new MillraceError('internal', 'the graph raised'));
      else instance.die('signal SIGKILL');
      await fixture.clock.flush();
      return;
    }
    default:
      step satisfies never;
  }
}

/** Lets everything end: places become free by time, restarts happen, every batch finishes. */
async function settleAll(world: World): Promise<void> {
  const { fixture } = world;
  for (let turn = 0; turn < 400; turn++) {
    await fixture.clock.flush();
    if (fixture.instances.some((instance) => instance.running !== undefined)) {
      await perform(world, { kind: 'finish', pick: turn });
    } else if (fixture.scheduler.queuedRequests > 0 || fixture.scheduler.executingRequests > 0) {
      await fixture.clock.advance(100);
    } else {
      await fixture.clock.advance(2 * MAX_IDLE_MS);
      return;
    }
  }
  throw new Error('the scheduler does not come to rest');
}

const EXPECTED_ENDS = [
  'ok',
  'cancelled',
  'internal',
  'invalid_argument',
  'failed_precondition',
  'unavailable',
  'resource_exhausted',
];

describe('a scheduler of sequences, whatever happens in whatever order', () => {
  it('ends each request once, keeps orders, mixes nothing up and leaves nothing behind', async () => {
    const steps = fc.array(step, { minLength: 1, maxLength: 60, size: 'max' });
    await fc.assert(
      fc.asyncProperty(setup, steps, async (options, sequence) => {
        const sent: Sent[] = [];
        const fixture = createFixture(options);
        const world = { fixture, reference: new Reference(sent, options), sent };
        for (const next of sequence) await perform(world, next);
        await settleAll(world);
        for (const { outcome, index } of sent) {
          expect(outcome.ends).toBe(1);
          expect(EXPECTED_ENDS).toContain(outcome.kind);
          expect(outcome.values).toEqual(outcome.kind === 'ok' ? [index] : []);
        }
        expect(fixture.budget.usedBytes).toBe(0);
        expect(fixture.scheduler.queuedBytes).toBe(0);
        expect(fixture.scheduler.sequences).toMatchObject({ active: 0, waiting: 0 });
        const answered = sent.filter(({ outcome }) => outcome.kind === 'ok');
        expect(fixture.statistics.success.count).toBe(answered.length);
      }),
      { numRuns: 1_000 },
    );
  });
});

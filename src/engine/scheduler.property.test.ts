import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { call, Outcome, request } from '../../test/support/engine-fixture.js';
import { createSchedulerFixture } from '../../test/support/scheduler-fixture.js';
import { type Call, MillraceError } from '../core/index.js';

/** One thing that happens to a scheduler; numbers pick among what exists at that moment. */
type Step =
  | { readonly kind: 'arrive'; readonly rows: number; readonly queueTimeoutMs: number | undefined }
  | { readonly kind: 'cancel' | 'deadline'; readonly pick: number }
  | { readonly kind: 'finish' | 'fail' | 'itemError' | 'die'; readonly pick: number }
  | { readonly kind: 'advance'; readonly ms: number };

const pick = fc.nat(50);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('arrive' as const),
      rows: fc.integer({ min: 1, max: 4 }),
      queueTimeoutMs: fc.constantFrom(undefined, undefined, 30),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('cancel' as const, 'deadline' as const), pick }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('finish' as const), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('fail' as const, 'itemError' as const, 'die' as const), pick }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 150 }) }) },
);

const setup = fc.record({
  instances: fc.integer({ min: 1, max: 3 }),
  batching: fc.boolean(),
  reviews: fc.boolean(),
  maxDelayMs: fc.constantFrom(0, 20),
  preferredSizes: fc.constantFrom<readonly number[]>([], [2, 4]),
  preserveOrder: fc.boolean(),
  pure: fc.boolean(),
  prefetchBelowMs: fc.constantFrom(0, 1_000),
  timeoutAction: fc.constantFrom('reject' as const, 'delay' as const),
});

type Setup = typeof setup extends fc.Arbitrary<infer Value> ? Value : never;
type Submitted = { readonly value: number; readonly rows: number; readonly call: Call; readonly outcome: Outcome };

function createFixture(options: Setup) {
  return createSchedulerFixture({
    instances: options.instances,
    ...(options.reviews ? { reviews: { isHeld: () => false } } : {}),
    limits: {
      batching: {
        batching: options.batching,
        maxRows: 8,
        preferredSizes: options.preferredSizes,
        maxDelayMs: options.maxDelayMs,
      },
      policies: [{ maxRequests: 5, timeoutMs: 0, timeoutAction: options.timeoutAction, allowTimeoutOverride: true }],
      preserveOrder: options.preserveOrder,
      pure: options.pure,
      prefetchBelowMs: options.prefetchBelowMs,
      executionTimeoutMs: 400,
    },
  });
}

async function perform(fixture: ReturnType<typeof createFixture>, step: Step, submitted: Submitted[]): Promise<void> {
  const running = fixture.instances.filter((instance) => instance.running !== undefined);
  switch (step.kind) {
    case 'arrive': {
      const entry = { value: submitted.length, rows: step.rows, call: call(), outcome: new Outcome() };
      submitted.push(entry);
      const { rows, queueTimeoutMs } = step;
      fixture.scheduler.submit({
        request: request(entry.value, { rows, queueTimeoutMs }),
        call: entry.call,
        sink: entry.outcome,
      });
      return;
    }
    case 'cancel':
    case 'deadline': {
      const code = step.kind === 'cancel' ? 'cancelled' : 'deadline_exceeded';
      submitted[step.pick % Math.max(1, submitted.length)]?.call.cancel(new MillraceError(code, step.kind));
      return;
    }
    case 'advance':
      await fixture.clock.advance(step.ms);
      return;
    case 'finish':
    case 'fail':
    case 'itemError':
    case 'die': {
      const instance = running[step.pick % Math.max(1, running.length)];
      const batch = instance?.running;
      if (instance === undefined || batch === undefined) return;
      if (step.kind === 'finish') batch.finish();
      else if (step.kind === 'fail') batch.fail(new MillraceError('internal', 'the graph raised'));
      else if (step.kind === 'die') instance.die('signal SIGKILL');
      else batch.finishWithItemError(batch.batch.items[0]?.callId ?? -1, 'refused');
      await fixture.clock.flush();
      return;
    }
    default:
      step satisfies never;
  }
}

/** Lets everything end: restarts happen, every batch finishes. */
async function settleAll(fixture: ReturnType<typeof createFixture>): Promise<void> {
  for (let turn = 0; turn < 400; turn++) {
    await fixture.clock.flush();
    const running = fixture.instances.filter((instance) => instance.running !== undefined);
    for (const instance of running) instance.running?.finish();
    if (running.length > 0) continue;
    if (fixture.scheduler.queuedRequests === 0 && fixture.scheduler.executingRequests === 0) return;
    await fixture.clock.advance(100);
  }
  throw new Error('the scheduler does not come to rest');
}

const EXPECTED_ENDS = ['ok', 'cancelled', 'deadline_exceeded', 'internal', 'unavailable', 'resource_exhausted'];

describe('Scheduler, whatever happens in whatever order', () => {
  it('ends each request exactly once, with its own rows, and leaves nothing behind', async () => {
    const steps = fc.array(step, { minLength: 1, maxLength: 60, size: 'max' });
    await fc.assert(
      fc.asyncProperty(setup, steps, async (options, sequence) => {
        const fixture = createFixture(options);
        const submitted: Submitted[] = [];
        for (const next of sequence) await perform(fixture, next, submitted);
        await settleAll(fixture);
        for (const { value, rows, outcome } of submitted) {
          expect(outcome.ends).toBe(1);
          expect(EXPECTED_ENDS).toContain(outcome.kind);
          expect(outcome.values).toEqual(outcome.kind === 'ok' ? Array.from({ length: rows }, () => value) : []);
        }
        expect(fixture.budget.usedBytes).toBe(0);
        expect(fixture.scheduler.queuedBytes).toBe(0);
        expect(fixture.scheduler.queuedRequests).toBe(0);
        const answered = submitted.filter(({ outcome }) => outcome.kind === 'ok');
        expect(fixture.statistics.success.count).toBe(answered.length);
      }),
      { numRuns: 1_000 },
    );
  });
});

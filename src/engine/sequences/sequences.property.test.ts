import fc from 'fast-check';
import { expect, it } from 'vitest';
import { call, IDENTITY, Outcome, request } from '../../../test/support/engine-fixture.js';
import type { FakeInstance } from '../../../test/support/fake-instance.js';
import { createSchedulerFixture } from '../../../test/support/scheduler-fixture.js';
import { type Call, MillraceError } from '../../core/index.js';

/** One thing that happens; numbers pick among what exists at that moment. */
type Step =
  | { readonly kind: 'arrive'; readonly id: bigint; readonly start: boolean; readonly end: boolean }
  | { readonly kind: 'cancel' | 'finish' | 'fail' | 'itemError' | 'die'; readonly pick: number }
  | { readonly kind: 'advance'; readonly ms: number };

const ID = fc.bigInt({ min: 1n, max: 4n });
const flag = (oneIn: number) => fc.nat(oneIn - 1).map((value) => value === 0);
const does = <Kind extends string>(kind: Kind) => fc.record({ kind: fc.constant(kind), pick: fc.nat(50) });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('arrive' as const), id: ID, start: flag(3), end: flag(4) }),
  },
  { weight: 2, arbitrary: does('cancel') },
  { weight: 5, arbitrary: does('finish') },
  { weight: 1, arbitrary: does('fail') },
  { weight: 1, arbitrary: does('itemError') },
  { weight: 1, arbitrary: does('die') },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 150 }) }) },
);
const setup = fc.record({
  instances: fc.integer({ min: 1, max: 2 }),
  concurrency: fc.integer({ min: 1, max: 2 }),
  slotsPerInstance: fc.integer({ min: 1, max: 3 }),
  batching: fc.boolean(),
  maxDelayMs: fc.constantFrom(0, 20),
  minSlotUtilization: fc.constantFrom(undefined, 0, 1),
  decoupled: fc.boolean(),
  preserveOrder: fc.boolean(),
  pure: fc.boolean(),
  timeoutMs: fc.constantFrom(0, 50),
});
type Setup = typeof setup extends fc.Arbitrary<infer Value> ? Value : never;

function createFixture(options: Setup) {
  const { batching, maxDelayMs, concurrency, decoupled, preserveOrder, pure, timeoutMs } = options;
  const policy = { maxRequests: 6, timeoutMs, timeoutAction: 'reject', allowTimeoutOverride: true } as const;
  return createSchedulerFixture({
    instances: options.instances,
    description: { ...IDENTITY, stateful: true, decoupled, concurrency, pure },
    limits: {
      concurrency,
      decoupled,
      preserveOrder,
      pure,
      policies: [policy],
      executionTimeoutMs: 400,
      batching: { batching, maxRows: 2, preferredSizes: [], maxDelayMs },
      sequences: {
        slotsPerInstance: options.slotsPerInstance,
        minSlotUtilization: options.minSlotUtilization,
        maxPerPrincipal: 100,
        maxIdleMs: 100,
        idInput: undefined,
      },
    },
  });
}

type Fixture = ReturnType<typeof createFixture>;
interface Submitted {
  readonly call: Call;
  readonly outcome: Outcome;
}

/** What models with state have seen: the last value of each sequence, and what should not be. */
interface Seen {
  readonly values: Map<string | bigint, number>;
  readonly wrong: string[];
}

/** Looks at what an instance is given as a model with state would. */
function watchInstance(instance: FakeInstance, { values, wrong }: Seen): void {
  const states = new Map<number, string | bigint>();
  const running = new Set<string | bigint>();
  const execute = instance.execute.bind(instance);
  instance.execute = (batch, emit) => {
    const ids: (string | bigint)[] = [];
    for (const { sequence, inputs } of batch.items) {
      if (sequence === undefined) continue;
      const { id, slot, start } = sequence;
      if (running.has(id)) wrong.push(`two steps of sequence ${id} at a time`);
      if (!start && states.get(slot) !== id) wrong.push(`a step of sequence ${id} without its state`);
      states.set(slot, id);
      running.add(id);
      ids.push(id);
      const value = new Float32Array(inputs[0]?.data.slice().buffer ?? [])[0] as number;
      if (value < (values.get(id) ?? 0)) wrong.push(`step ${value} of sequence ${id} comes late`);
      values.set(id, value);
    }
    const done = execute(batch, emit);
    const leave = () => {
      for (const id of ids) running.delete(id);
    };
    // A batch that fails as a whole leaves every state as it was.
    done.then(() => {
      leave();
      for (const { sequence } of batch.items) if (sequence?.end) states.delete(sequence.slot);
    }, leave);
    return done;
  };
}

async function perform(fixture: Fixture, next: Step, submitted: Submitted[]): Promise<void> {
  const running = fixture.instances.filter((instance) => instance.running !== undefined);
  switch (next.kind) {
    case 'arrive': {
      const entry = { call: call(), outcome: new Outcome() };
      const { id, start, end } = next;
      const sent = request(submitted.push(entry), { sequence: { id, start, end } });
      fixture.scheduler.submit({ request: sent, call: entry.call, sink: entry.outcome });
      return;
    }
    case 'cancel':
      submitted[next.pick % Math.max(1, submitted.length)]?.call.cancel(new MillraceError('cancelled', 'left'));
      return;
    case 'advance':
      await fixture.clock.advance(next.ms);
      return;
    case 'finish':
    case 'fail':
    case 'itemError':
    case 'die': {
      const instance = running[next.pick % Math.max(1, running.length)];
      const batch = instance?.running;
      if (instance === undefined || batch === undefined) return;
      if (next.kind === 'finish') batch.finish();
      else if (next.kind === 'fail') batch.fail(new MillraceError('internal', 'the graph raised'));
      else if (next.kind === 'die') instance.die('signal SIGKILL');
      else batch.finishWithItemError(batch.batch.items[0]?.callId ?? -1, 'refused');
      await fixture.clock.flush();
      return;
    }
    default:
      next satisfies never;
  }
}

/** Lets everything end: restarts happen, every batch finishes, sequences idle out. */
async function settleAll({ clock, instances, scheduler }: Fixture): Promise<void> {
  for (let turn = 0; turn < 400; turn++) {
    await clock.flush();
    const running = instances.filter((instance) => instance.running !== undefined);
    for (const instance of running) instance.running?.finish();
    if (running.length > 0) continue;
    const { queuedRequests, executingRequests, sequences } = scheduler;
    if (queuedRequests === 0 && executingRequests === 0 && sequences?.active === 0) return;
    await clock.advance(100);
  }
  throw new Error('the scheduler does not come to rest');
}

it('keeps every state with its sequence and ends each step once, whatever happens in whatever order', async () => {
  const steps = fc.array(step, { minLength: 1, maxLength: 60, size: 'max' });
  await fc.assert(
    fc.asyncProperty(setup, steps, async (options, happening) => {
      const fixture = createFixture(options);
      const submitted: Submitted[] = [];
      const seen: Seen = { values: new Map(), wrong: [] };
      const add = fixture.instances.push.bind(fixture.instances);
      for (const instance of fixture.instances) watchInstance(instance, seen);
      fixture.instances.push = (...created) => {
        for (const instance of created) watchInstance(instance, seen);
        return add(...created);
      };
      for (const next of happening) await perform(fixture, next, submitted);
      await settleAll(fixture);
      expect(submitted.map(({ outcome }) => outcome.ends)).toEqual(submitted.map(() => 1));
      expect(seen.wrong).toEqual([]);
      expect(fixture.budget.usedBytes).toBe(0);
      expect(fixture.scheduler.queuedBytes).toBe(0);
      expect(fixture.scheduler.sequences?.waiting).toBe(0);
    }),
    { numRuns: 500 },
  );
});

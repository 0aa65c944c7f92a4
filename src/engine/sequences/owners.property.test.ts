import fc from 'fast-check';
import { expect, it } from 'vitest';
import { callOf, IDENTITY, Outcome, request } from '../../../test/support/engine-fixture.js';
import type { FakeInstance } from '../../../test/support/fake-instance.js';
import { principalWith } from '../../../test/support/principals.js';
import { createSchedulerFixture } from '../../../test/support/scheduler-fixture.js';

const PRINCIPALS = { alice: principalWith('alice'), bob: principalWith('bob'), carol: principalWith('carol') };
const OWNERS = ['alice', 'bob', 'carol'] as const;

type Owner = keyof typeof PRINCIPALS;
interface Arrival {
  readonly kind: 'arrive';
  readonly owner: Owner;
  readonly id: string | bigint;
  readonly start: boolean;
  readonly end: boolean;
}
type Step = Arrival | { readonly kind: 'advance'; readonly ms: number } | { readonly kind: 'die' };

const oneIn = (count: number) => fc.nat(count - 1).map((value) => value === 0);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('arrive' as const),
      owner: fc.constantFrom(...OWNERS),
      // As texts, parts of each other and of owners.
      id: fc.constantFrom(1n, 2n, '1', "5:alice'1"),
      start: oneIn(3),
      end: oneIn(4),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 80_000 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'die' as const }) },
);

/** A scheduler of sequences whose model answers with all that it has seen of a sequence. */
function createTable() {
  const fixture = createSchedulerFixture({
    description: { ...IDENTITY, stateful: true },
    limits: {
      sequences: {
        slotsPerInstance: 16,
        maxPerPrincipal: 3,
        maxIdleMs: 60_000,
        minSlotUtilization: undefined,
        idInput: undefined,
      },
    },
  });
  const seen = new Map<number, string>();
  const watched = new WeakSet<FakeInstance>();
  const watch = () => {
    for (const instance of fixture.instances) {
      if (!watched.has(instance)) watchStates(instance, seen);
      watched.add(instance);
    }
  };
  const finish = async () => {
    await fixture.clock.flush();
    for (const { running } of fixture.instances) running?.finish();
    await fixture.clock.flush();
  };
  return {
    async perform(next: Step, value: number): Promise<string> {
      watch();
      if (next.kind === 'advance') await fixture.clock.advance(next.ms);
      if (next.kind === 'die') {
        fixture.instance().die('signal SIGKILL');
        // As long as any wait before a restart.
        await fixture.clock.advance(10_000);
      }
      if (next.kind !== 'arrive') return '';
      const { owner, id, start, end } = next;
      const outcome = new Outcome();
      fixture.scheduler.submit({
        request: request(value, { sequence: { id, start, end } }),
        call: callOf(PRINCIPALS[owner]),
        sink: outcome,
      });
      await finish();
      return `${outcome.error?.message ?? outcome.kind}: ${seen.get(value)}`;
    },
    active: () => fixture.scheduler.sequences?.active ?? 0,
  };
}

/** Keeps the values of each slot since its start, as a model with state would; notes them by the last one, with the id that the model is given. */
function watchStates(instance: FakeInstance, seen: Map<number, string>): void {
  const states = new Map<number, readonly number[]>();
  const execute = instance.execute.bind(instance);
  instance.execute = (batch, emit) => {
    for (const { sequence, inputs } of batch.items) {
      if (sequence === undefined) continue;
      const { slot, id, start } = sequence;
      const value = new Float32Array(inputs[0]?.data.slice().buffer ?? [])[0] as number;
      const state = [...(start ? [] : (states.get(slot) ?? [])), value];
      states.set(slot, state);
      seen.set(value, `${typeof id} ${id}: ${state.join()}`);
    }
    return execute(batch, emit);
  };
}

it('each owner finds what it would find in a table of its own, whatever others do', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 50, size: 'max' }), async (steps) => {
      const shared = createTable();
      const apart = new Map(OWNERS.map((owner) => [owner, createTable()]));
      for (const [index, next] of steps.entries()) {
        const value = index + 1;
        const found = await shared.perform(next, value);
        for (const [owner, table] of apart) {
          if (next.kind !== 'arrive') await table.perform(next, value);
          else if (next.owner === owner) expect(found).toBe(await table.perform(next, value));
        }
        const active = [...apart.values()].reduce((sum, table) => sum + table.active(), 0);
        expect(shared.active()).toBe(active);
      }
    }),
    { numRuns: 100 },
  );
});

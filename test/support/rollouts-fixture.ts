import { onTestFinished } from 'vitest';
import { type Call, EventBus, type InferRequest, MillraceError } from '../../src/core/index.js';
import type { ModelInfo } from '../../src/engine/index.js';
import { createPlan, type PlanOptions, type Presence } from '../../src/rollouts/index.js';
import type { Store } from '../../src/store/index.js';
import type { StartedRollout } from '../../src/traffic/rollouts/check-start.js';
import { Rollouts, type RolloutsParts } from '../../src/traffic/rollouts/rollouts.js';
import { RouteTable } from '../../src/traffic/routes/route-table.js';
import { createRouteObserver, RouteTaps } from '../../src/traffic/routes/route-taps.js';
import { call, request } from './engine-fixture.js';
import { FakeClock } from './fake-clock.js';
import { version } from './infer-fixture.js';
import { NO_ALIASES } from './no-aliases.js';
import { openTestStore } from './store.js';
import { until } from './until.js';

export const SERVING: Presence = { kind: 'serving' };

/** A rollout of the model `m` from version 1 to version 2. */
export function declare(options: PlanOptions = {}): StartedRollout {
  const made = createPlan(
    { model: 'm', stable: 1, canary: 2 },
    { steps: [50, 100], holdMs: 10_000, minRequests: 0, ...options },
  );
  if ('problem' in made) throw new Error(made.problem);
  return { declared: { plan: made.plan, judge: {}, ownLabel: 'canary' }, given: { canary: 2 } };
}

/** How one request is to end. */
export type Ending = 'well' | MillraceError['code'];

/** Rollouts over a real store and real routes, with versions 1 and 2 of the model `m` that a test answers for. */
export async function createRolloutsFixture(given: { readonly store?: Store } = {}) {
  const store = given.store ?? (await openTestStore());
  const clock = new FakeClock();
  const events = new EventBus();
  const told: string[] = [];
  events.subscribe('diagnostic', ({ message }) => told.push(message));
  const serving: ModelInfo[] = [version(1, 1), version(2, 2)];
  const engine = { serving: () => serving, statusesOf: () => [] };
  const lookup = {
    engine,
    labels: { of: () => new Map<string, number>() },
    aliases: NO_ALIASES,
    unselected: () => [],
    starting: () => false,
  };
  let random = 0;
  const routes = new RouteTable({ lookup, clock, events, random: () => random });
  const taps = new RouteTaps();
  const presences = new Map<number, Presence>();
  const labelled: string[] = [];
  const parts: RolloutsParts = {
    store,
    clock,
    events,
    routes,
    taps,
    presenceOf: (_model, number) => presences.get(number) ?? SERVING,
    labels: {
      checkMovable: () => undefined,
      change: async (model, changes, { by }) => {
        labelled.push(`${by}: ${model} ${JSON.stringify(changes)}`);
      },
    },
  };
  const rollouts = new Rollouts(parts);
  onTestFinished(() => rollouts.close());

  const observer = createRouteObserver(routes, taps);

  /** One request of the bare name for the arm of that number, which ends so. Returns the arm, or undefined where the name is not split. */
  function ask(at: number, ending: Ending = 'well', asked: InferRequest = request(1)): string | undefined {
    const route = routes.find({ name: 'm', version: undefined });
    if (route === undefined) return undefined;
    random = at;
    const made: Call = call();
    const choice = routes.choose(route, made, asked);
    const target = { name: 'm', version: undefined };
    const { info } = choice;
    const { epochMs } = clock;
    const seen = observer.admit({ call: made, kind: 'request', target, request: asked, info, choice, epochMs });
    seen?.attemptBegan?.({ choice, info });
    seen?.read?.(asked);
    seen?.attemptEnded?.(ending === 'well' ? undefined : new MillraceError(ending, 'so it ends'));
    return choice.arm.name;
  }

  return { rollouts, parts, store, clock, lookup, routes, told, presences, labelled, serving, ask };
}

export type RolloutsFixture = Awaited<ReturnType<typeof createRolloutsFixture>>;

/** Lets so much time pass, and waits until all looks that are due are over: the store is a real one, in a thread. */
export async function pass(
  { clock, rollouts }: Pick<RolloutsFixture, 'clock' | 'rollouts'>,
  ms: number,
): Promise<void> {
  for (let left = ms; left > 0; left -= 250) {
    await clock.advance(Math.min(250, left));
    await until('the looks are over', () => clock.pendingTimers > 0 || rollouts.all().length === 0);
  }
}

import { QuotaGate } from '../../src/account/quotas/quota-gate.js';
import { EventBus, type Events, MillraceError } from '../../src/core/index.js';
import type { Engine, ModelInfo, Submission } from '../../src/engine/index.js';
import { LocalQuotaKeeper, type QuotasOptions } from '../../src/governance/index.js';
import type { InferenceObserver } from '../../src/inference/index.js';
import { createInfer, type InferenceSetup } from '../../src/inference/infer.js';
import type { VersionLookup } from '../../src/models/lookup/find-version.js';
import { createRoutes, type RoutesOptions } from '../../src/routing/index.js';
import { SharedMemory } from '../../src/shared-memory/index.js';
import { RouteTable } from '../../src/traffic/routes/route-table.js';
import { createRouteObserver, RouteTaps } from '../../src/traffic/routes/route-taps.js';
import { IDENTITY } from './engine-fixture.js';
import { FakeClock } from './fake-clock.js';

/** A version of the model `m` as the engine has it. */
export function version(number: number, generation: number, fields: Partial<ModelInfo> = {}): ModelInfo {
  const { signature } = IDENTITY;
  const ref = { name: 'm', version: number, generation };
  return { ref, signature, maxBatchSize: 8, decoupled: false, pure: true, ...fields } as unknown as ModelInfo;
}

export interface InferFixtureOptions {
  /** Of version 1, which serves. */
  readonly fields?: Partial<ModelInfo>;
  readonly routes?: RoutesOptions;
  readonly sharedMemory?: SharedMemory;
  readonly decoders?: InferenceSetup['decoders'];
  readonly quotas?: QuotasOptions;
  /** Quotas that only further observers ask for. */
  readonly keeps?: QuotasOptions;
  /** After those of quotas and routes. */
  readonly observers?: readonly InferenceObserver[];
}

const NO_SHARED_MEMORY = new SharedMemory({ enabled: false, maxRegions: 1, maxBufferedBytes: 1 });
const NO_DECODERS: InferenceSetup['decoders'] = {
  decode: () => Promise.reject(new MillraceError('internal', 'nothing is decoded')),
};

/** `infer` over an engine that leaves what was submitted to the test; `serving` and `labels` of the model `m`, and `aliases`, may be changed. */
export function createInferFixture(options: InferFixtureOptions = {}) {
  const {
    fields,
    routes: configs = {},
    sharedMemory = NO_SHARED_MEMORY,
    decoders = NO_DECODERS,
    quotas = [],
    keeps = quotas,
    observers = [],
  } = options;
  const given: Submission[] = [];
  const refs: unknown[] = [];
  const serving: ModelInfo[] = [version(1, 1, fields)];
  const labels = new Map<string, number>();
  const engine: Pick<Engine, 'serving' | 'statusesOf' | 'submit'> = {
    serving: (name) => (name === 'm' ? serving : []),
    statusesOf: () => [],
    submit: (ref, submission) => {
      refs.push(ref);
      given.push(submission);
      return () => undefined;
    },
  };
  const events = new EventBus();
  const clock = new FakeClock();
  const finished: Events['inferFinished'][] = [];
  events.subscribe('inferFinished', (event) => finished.push(event));
  const told: string[] = [];
  events.subscribe('diagnostic', ({ message }) => told.push(message));
  const aliases = new Map<string, string>();
  const lookup: VersionLookup = {
    engine,
    labels: { of: () => labels },
    aliases: {
      resolve: (target) => ({ ...target, name: aliases.get(target.name) ?? target.name }),
      all: () => [...aliases].map(([alias, model]) => ({ alias, model })),
    },
    unselected: () => [],
    starting: () => false,
  };
  const { routes } = createRoutes(configs);
  const table = new RouteTable({ lookup, clock, events, random: () => 0 });
  table.replace('file', routes);
  const taps = new RouteTaps();
  const keeper = new LocalQuotaKeeper(keeps, clock);
  let counted = 0;
  const gate = new QuotaGate({ keeper, events, onCounted: () => counted++ });
  const { resolve, checkTarget, infer, inferCopy } = createInfer({
    engine: engine as Engine,
    clock,
    events,
    sharedMemory,
    routes: table,
    lookup,
    decoders,
    observers: [...(quotas.length === 0 ? [] : [gate]), createRouteObserver(table, taps), ...observers],
  });
  const left = () => keeper.list(undefined).flatMap(({ standings }) => standings.map(({ remaining }) => remaining));
  return {
    given,
    refs,
    finished,
    told,
    infer,
    inferCopy,
    resolve,
    checkTarget,
    serving,
    labels,
    aliases,
    clock,
    taps,
    gate,
    left,
    counted: () => counted,
    routes: table,
  };
}

import { EventBus, type Events, MillraceError } from '../../src/core/index.js';
import type { Engine, ModelInfo, Submission } from '../../src/engine/index.js';
import { createRoutes, type RoutesOptions } from '../../src/routing/index.js';
import { createInfer } from '../../src/service/infer.js';
import { RouteTable } from '../../src/service/routes/route-table.js';
import { SharedMemory } from '../../src/shared-memory/index.js';
import { IDENTITY } from './engine-fixture.js';
import { FakeClock } from './fake-clock.js';

/** A version of the model `m` as the engine has it. */
export function version(number: number, generation: number, fields: Partial<ModelInfo> = {}): ModelInfo {
  const { signature } = IDENTITY;
  const ref = { name: 'm', version: number, generation };
  return { ref, signature, maxBatchSize: 8, decoupled: false, ...fields } as unknown as ModelInfo;
}

interface InferFixtureOptions {
  /** Of version 1, which serves. */
  readonly fields?: Partial<ModelInfo>;
  readonly routes?: RoutesOptions;
}

/** `infer` over an engine that leaves what was submitted to the test; `serving` and `labels` of the model `m` may be changed. */
export function createInferFixture({ fields, routes: configs = {} }: InferFixtureOptions = {}) {
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
  const lookup = { engine, labels: { of: () => labels }, starting: () => false };
  const { routes } = createRoutes(configs);
  const { resolve, infer } = createInfer({
    engine: engine as Engine,
    clock,
    events,
    sharedMemory: new SharedMemory({ enabled: false, maxRegions: 1, maxBufferedBytes: 1 }),
    routes: new RouteTable({ routes, lookup, clock, events, random: () => 0 }),
    lookup,
    decoders: { decode: () => Promise.reject(new MillraceError('internal', 'nothing is decoded')) },
  });
  return { given, refs, finished, told, infer, resolve, serving, labels, clock };
}

import { EventBus, MillraceError } from '../../src/core/index.js';
import { createEngine, type EngineOptions } from '../../src/engine/index.js';
import type { ModelConfig, ModelSource } from '../../src/repository/index.js';
import { ONNX } from '../../src/runtimes/onnx/manifest.js';
import { call, ENGINE_OPTIONS, Outcome, request } from './engine-fixture.js';
import { FakeClock } from './fake-clock.js';
import { FakeHost } from './fake-host.js';

/** Version `version` of the model `m`. */
export function source(version = 1, config: ModelConfig = {}): ModelSource {
  return {
    name: 'm',
    version,
    repository: 'repository',
    modelFolder: 'repository/m',
    path: `repository/m/${version}/model.onnx`,
    runtime: 'onnx',
    manifest: ONNX,
    config,
    labels: {},
    sizeBytes: 0,
    digest: '',
    fingerprint: '',
  };
}

/** An engine over a fake host and a fake clock. */
export function createEngineFixture(options: Partial<EngineOptions> = {}) {
  const released: number[] = [];
  const clock = new FakeClock();
  const events = new EventBus();
  const host = new FakeHost();
  const engine = createEngine({
    infer: () => Promise.reject(new MillraceError('not_found', 'no other model')),
    options: { ...ENGINE_OPTIONS, ...options },
    host,
    clock,
    events,
    requestTimeoutMs: 60_000,
    cacheFolder: undefined,
    reload: () => Promise.resolve(),
    onReleased: ({ version }) => released.push(version),
  });
  const states: string[] = [];
  events.subscribe('modelStateChanged', ({ ref, state }) => states.push(`${ref.version}:${state.kind}`));
  const submit = (value: number, ref = engine.serving('m').at(-1)?.ref) => {
    const outcome = new Outcome();
    if (ref === undefined) throw new Error('nothing serves');
    engine.submit(ref, { request: request(value), call: call(), sink: outcome });
    return outcome;
  };
  return { clock, engine, events, host, released, states, submit };
}

import { EventBus, MillraceError } from '../../src/core/index.js';
import { createEngine } from '../../src/engine/index.js';
import { ModelController } from '../../src/models/loading/model-controller.js';
import type { ModelPuller } from '../../src/models/loading/parts.js';
import {
  DeclaredLabelVersions,
  type ModelPlace,
  type ModelSource,
  type Repository,
  type RepositoryOptions,
  type RepositoryScan,
  type ScanOptions,
} from '../../src/repository/index.js';
import { ONNX } from '../../src/runtimes/onnx/manifest.js';
import { ENGINE_OPTIONS } from './engine-fixture.js';
import { FakeClock } from './fake-clock.js';
import { FakeHost } from './fake-host.js';

/** A version of a model on disk. */
export function source(name: string, version: number, fingerprint = 'a'): ModelSource {
  return {
    name,
    version,
    repository: 'repository',
    modelFolder: `repository/${name}`,
    path: `repository/${name}/${version}`,
    runtime: 'onnx',
    manifest: ONNX,
    config: { batching: { enabled: false } },
    labels: {},
    sizeBytes: 0,
    digest: '',
    fingerprint,
  };
}

/** A repository that holds what the test says. */
class FakeRepository implements Repository {
  content: Partial<RepositoryScan> = {};
  readonly discarded: string[] = [];
  readonly scans: ScanOptions[] = [];
  closed = false;

  scan(options: ScanOptions = {}): Promise<RepositoryScan> {
    this.scans.push(options);
    const wanted = (name: string) => options.name === undefined || options.name === name;
    const sources = (this.content.sources ?? []).filter(({ name }) => wanted(name));
    const problems = (this.content.problems ?? []).filter(({ name }) => wanted(name));
    const unsettled = (this.content.unsettled ?? []).filter(({ name }) => wanted(name));
    const unselected = (this.content.unselected ?? []).filter(({ name }) => wanted(name));
    const names = [...new Set([...sources, ...problems, ...unsettled].map(({ name }) => name))];
    const { unlisted = [] } = this.content;
    return Promise.resolve({ sources, problems, unsettled, unselected, notices: [], unlisted, names });
  }

  locate(name: string): Promise<ModelPlace> {
    const folder = `repository/${name}`;
    return Promise.resolve({
      name,
      repository: 'repository',
      folder,
      isThere: true,
      source: undefined,
      lacksFiles: false,
    });
  }

  discard(discarded: ModelSource): Promise<void> {
    this.discarded.push(`${discarded.name}/${discarded.version}`);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

/** Nothing is allowed to be pulled. */
const NO_PULLER: ModelPuller = {
  allows: () => false,
  check(source) {
    throw new MillraceError('permission_denied', source);
  },
  lacksFiles: () => Promise.resolve(false),
  pull: () => Promise.reject(new MillraceError('permission_denied', 'nothing is pulled')),
  close: () => Promise.resolve(),
};

/** A controller over an engine whose instances are fakes. */
export function createFixture(options: Partial<RepositoryOptions> = {}) {
  const clock = new FakeClock();
  const events = new EventBus();
  const host = new FakeHost();
  const repository = new FakeRepository();
  const engine = createEngine({
    infer: () => Promise.reject(new MillraceError('not_found', 'no other model')),
    options: { ...ENGINE_OPTIONS, maxInstances: 100 },
    host,
    clock,
    events,
    requestTimeoutMs: 60_000,
    cacheFolder: undefined,
    reload: ({ name }) => controller.reload(name),
    onReleased: (released) => void repository.discard(released),
  });
  const controller: ModelController = new ModelController({
    repository,
    puller: NO_PULLER,
    engine,
    options: {
      paths: [],
      controlMode: 'none',
      pollIntervalMs: 1_000,
      emptyAfterMs: 0,
      loadModels: [],
      configName: '',
      modelName: '',
      strict: false,
      stableMs: 0,
      ...options,
    },
    clock,
    events,
    declaredLabels: new DeclaredLabelVersions(),
    isRoute: () => false,
  });
  const states = () => engine.statuses().map(({ name, version, state }) => `${name}/${version} ${state.kind}`);
  return { clock, events, engine, host, repository, controller, states };
}

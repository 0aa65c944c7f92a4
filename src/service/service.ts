import type { BodyMemory, Clock, DeadlineWatch, EventBus } from '../core/index.js';
import type { Engine, ModelInfo } from '../engine/index.js';
import { admit } from '../governance/index.js';
import type { Repository, RepositoryOptions } from '../repository/index.js';
import type { SharedMemory } from '../shared-memory/index.js';
import type { Store } from '../store/index.js';
import { createAudit } from './audit.js';
import { Declared } from './declarations/declared.js';
import { findStatuses } from './find-statuses.js';
import { findVersion, type VersionLookup } from './find-version.js';
import { createInfer } from './infer.js';
import { DeclaredLabels } from './labels/declared-labels.js';
import { createLabelUseCases } from './labels/label-use-cases.js';
import { ModelController } from './loading/model-controller.js';
import type { ModelPuller } from './loading/parts.js';
import { createManagement } from './manage-models.js';
import { MediaDecoders } from './media/decoders.js';
import type { MediaOptions } from './media/options.js';
import { isModelReady } from './model-ready.js';
import { createOutcomes } from './outcomes/outcome-use-cases.js';
import { DeclaredRoutes } from './routes/declared-routes.js';
import { RouteTable } from './routes/route-table.js';
import { RouteTaps } from './routes/route-taps.js';
import { createRouteUseCases } from './routes/route-use-cases.js';
import type { FileRoutes } from './routes/types.js';
import { createRun } from './run.js';
import { blame, createSettingUseCases } from './setting-use-cases.js';
import { ShadowBooks } from './shadows/shadow-books.js';
import { createShadowUseCases } from './shadows/shadow-use-cases.js';
import { Shadows } from './shadows/shadows.js';
import { createSharedMemoryUseCases } from './shared-memory.js';
import type { AuditTrail, LogControl, Service } from './types.js';

export interface CreateServiceOptions {
  readonly repository: Repository;
  readonly puller: ModelPuller;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly deadlines: DeadlineWatch;
  /** Where large bodies lie. */
  readonly bodies: BodyMemory | undefined;
  readonly events: EventBus;
  readonly options: RepositoryOptions;
  readonly media: MediaOptions;
  readonly logControl: LogControl;
  readonly audit: AuditTrail;
  readonly sharedMemory: SharedMemory;
  readonly fileRoutes: FileRoutes;
  readonly store: Store;
  /** Version of the server, for its metadata. */
  readonly version: string;
}

/** The service and what starts and ends it. */
export interface ServiceLife {
  readonly service: Service;
  /** Labels of a model that were declared through the API: their versions have to be loaded. */
  declaredLabels(model: string): Readonly<Record<string, number>>;
  /** Puts what was declared in force, and loads the models asked for at start. */
  start(): Promise<void>;
  /** Not ready any more; requests are still answered. */
  beginShutdown(): void;
  /** Loads a model again whose files have changed, as it was asked for last; rejects when it cannot be. */
  reload(name: string): Promise<void>;
  /** Ends scans of the repositories, and keeps what has been counted. */
  close(): Promise<void>;
}

const EXTENSIONS = [
  'classification',
  'sequence',
  'model_repository',
  'model_repository(unload_dependents)',
  'schedule_policy',
  'model_configuration',
  'binary_tensor_data',
  'parameters',
  'statistics',
  'logging',
];

/** Puts the use cases together. */
export function createService(setup: CreateServiceOptions): ServiceLife {
  const controller = new ModelController(setup);
  const books = new ShadowBooks({ ...setup, snapshots: setup.store.snapshots });
  const declared = new Declared(setup);
  let shuttingDown = false;
  const ready = () => controller.started && !shuttingDown;
  const shutdown: (() => void)[] = [];
  const closers: (() => Promise<void>)[] = [];
  const onShutdown = (work: () => void) => shutdown.push(work);
  const onClose = (close: () => Promise<void>) => closers.push(close);
  return {
    service: createUseCases(setup, { controller, declared, books, ready, onShutdown, onClose }),
    async start() {
      // Which versions have to be loaded is among it; and before anything is counted.
      await Promise.all([declared.load(), books.load()]);
      await controller.start();
    },
    declaredLabels: (model) => controller.labels.declaredOf(model),
    beginShutdown() {
      shuttingDown = true;
      for (const work of shutdown) work();
    },
    reload: (name) => controller.reload(name),
    async close() {
      await controller.close();
      await books.close();
      await Promise.all(closers.map((close) => close()));
    },
  };
}

interface Running {
  readonly controller: ModelController;
  readonly declared: Declared;
  readonly books: ShadowBooks;
  readonly ready: () => boolean;
  /** To be done when the shutdown begins. */
  readonly onShutdown: (work: () => void) => void;
  /** To be done when nothing is asked any more. */
  readonly onClose: (close: () => Promise<void>) => void;
}

function createUseCases(setup: CreateServiceOptions, running: Running): Service {
  const { controller, declared, ready } = running;
  const { engine, logControl, sharedMemory, fileRoutes } = setup;
  const lookup: VersionLookup = { engine, labels: controller.labels, starting: () => !controller.started };
  const routes = new RouteTable({ ...setup, lookup });
  routes.replace('file', fileRoutes.routes);
  const declaredLabels = new DeclaredLabels({ ...setup, declared, labels: controller.labels });
  const find = (name: string, version: number | undefined) => {
    const route = routes.find({ name, version });
    const info = route === undefined ? findVersion(lookup, { name, version }) : routes.example(route);
    const versions = engine.serving(info.ref.name).map(({ ref }) => ref.version);
    return { info: withName(info, name), versions, ref: info.ref };
  };
  const audited = createAudit(setup, 'manage');
  const decoders = new MediaDecoders({ ...setup, options: setup.media });
  const taps = new RouteTaps();
  const run = createRun({ ...setup, decoders });
  const inference = createInfer({ ...setup, lookup, routes, taps, decoders });
  const extensions = sharedMemory.enabled ? [...EXTENSIONS, 'system_shared_memory'] : EXTENSIONS;
  return {
    ...createTrafficUseCases(setup, running, { lookup, routes, taps, run, audited, declaredLabels }),
    resolve: inference.resolve,
    infer: inference.infer,
    serverInfo(call) {
      admit(call.principal, 'observe', 'infer');
      return { name: 'millrace', version: setup.version, extensions };
    },
    live: () => true,
    ready,
    modelReady(call, name, version) {
      admit(call.principal, 'observe', 'infer');
      const route = routes.find({ name, version });
      return route === undefined ? isModelReady(lookup, { name, version }) : routes.isReady(route);
    },
    modelInfo(call, name, version) {
      admit(call.principal, 'observe', 'infer');
      return find(name, version);
    },
    modelStatuses(call, name, version) {
      admit(call.principal, 'infer', 'observe', 'manage');
      const route = routes.find({ name, version });
      const target = route === undefined ? { name, version } : routes.example(route).ref;
      return findStatuses(lookup, target, { withReasons: call.principal.scopes.has('observe') });
    },
    modelStatistics(call, name, version) {
      admit(call.principal, 'observe');
      if (name === undefined) return engine.statistics();
      const { versions, ref } = blame(() => find(name, version));
      const wanted = version === undefined && ref.name === name ? versions : [ref.version];
      return engine.statistics().filter((entry) => entry.name === ref.name && wanted.includes(entry.version));
    },
    modelGauges(call, { name, version }) {
      admit(call.principal, 'observe', 'infer');
      return engine.gauges().find(({ ref }) => ref.name === name && ref.version === version);
    },
    readyModels(call) {
      admit(call.principal, 'infer', 'observe', 'manage');
      const models = engine
        .statuses()
        .flatMap(({ state, info }) => (state.kind === 'ready' && info !== undefined ? [info] : []));
      return [...models, ...routes.examples().map(({ name, info }) => withName(info, name))];
    },
    repositoryIndex(call, { readyOnly, repository }) {
      admit(call.principal, 'observe');
      return engine
        .statuses()
        .filter(({ state }) => !readyOnly || state.kind === 'ready')
        .filter(({ info }) => repository === undefined || info === undefined || inRepository(info, repository));
    },
    ...createManagement(setup, { controller, audited, declaredLabels }),
    ...createSettingUseCases({ logControl, audited, checkModel: (name) => void find(name, undefined) }),
    ...createSharedMemoryUseCases(setup),
  };
}

interface TrafficParts {
  readonly lookup: VersionLookup;
  readonly routes: RouteTable;
  readonly taps: RouteTaps;
  readonly run: ReturnType<typeof createRun>;
  readonly audited: ReturnType<typeof createAudit>;
  readonly declaredLabels: DeclaredLabels;
}

/** Who gets which version, and what is learnt of that. */
function createTrafficUseCases(
  setup: CreateServiceOptions,
  { controller, declared, books, onShutdown, onClose }: Running,
  { lookup, routes, taps, run, audited, declaredLabels }: TrafficParts,
): Pick<Service, 'labels' | 'routes' | 'shadows' | 'outcomes'> {
  const shadows = new Shadows({ ...setup, run, lookup, books });
  taps.add(shadows);
  onShutdown(() => shadows.stop());
  const outcomes = createOutcomes({ ...setup, records: setup.store.outcomes, routes });
  taps.add(outcomes.tap);
  onClose(outcomes.close);
  const { engine, fileRoutes } = setup;
  const { labels } = controller;
  const modelNames = () => engine.statuses().map(({ name }) => name);
  const declaredRoutes = new DeclaredRoutes({ ...setup, declared, table: routes, lookup, modelNames });
  return {
    labels: createLabelUseCases({ lookup, labels, declared, declaredLabels, audited, modelNames }),
    routes: createRouteUseCases({ table: routes, fileRoutes, declared, declaredRoutes, audited }),
    shadows: createShadowUseCases({ shadows, books, routes, audited, wallNow: () => setup.clock.wallNow() }),
    outcomes: outcomes.useCases,
  };
}

/** Answers say the name that was asked for. */
function withName(info: ModelInfo, name: string): ModelInfo {
  return info.ref.name === name ? info : { ...info, ref: { ...info.ref, name } };
}

function inRepository(info: ModelInfo, wanted: string): boolean {
  const path = info.source.repository;
  return path === wanted || path.split(/[\\/]/).pop() === wanted;
}

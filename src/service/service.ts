import type { KeyParts, UsageGauge } from '../account/index.js';
import {
  accessChange,
  createAccessUseCases,
  createKeyUseCases,
  createMetering,
  type Metering,
  type MeteringSetup,
  openQuotas,
} from '../account/index.js';
import type { AuditTrail } from '../audit/index.js';
import type { BodyMemory, Clock, DeadlineWatch, EventBus, ModelRef } from '../core/index.js';
import type { Engine } from '../engine/index.js';
import { type Audited, admit, createAudit, type QuotasOptions } from '../governance/index.js';
import { createAuditObserver, createInfer, createSharedMemoryUseCases } from '../inference/index.js';
import type { KeptRepository, MediaOptions, ModelPuller, VersionLookup } from '../models/index.js';
import {
  absent,
  createManagement,
  createModelReports,
  createModelUseCases,
  MediaDecoders,
  ModelController,
} from '../models/index.js';
import type { Repository, RepositoryOptions } from '../repository/index.js';
import type { SharedMemory } from '../shared-memory/index.js';
import type { Store } from '../store/index.js';
import type { WrittenFileRoutes, WrittenRollouts } from '../traffic/index.js';
import { createTraffic, Declared, OwnedRoutes, ShadowBooks, type Traffic } from '../traffic/index.js';
import { createAuditUseCases } from './audit-use-cases.js';
import { createDoctorUseCases, type DoctorSetup } from './doctor/doctor-use-cases.js';
import { EventFeed } from './events/event-feed.js';
import { logLevelsChange } from './reload/log-levels-change.js';
import type { ReloadResult } from './reload/reload-result.js';
import { createReloadUseCases } from './reload/reload-use-cases.js';
import { type ChangeSettings, createSettingsChange } from './reload/settings-change.js';
import type { LogLevels } from './reload/types.js';
import { createSettingUseCases } from './setting-use-cases.js';
import type { LogControl, Service } from './types.js';

export interface CreateServiceOptions extends Pick<MeteringSetup, 'metering' | 'knowsCallers'> {
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
  /** As the settings have them at the start. */
  readonly logLevels: LogLevels;
  readonly audit: AuditTrail;
  readonly sharedMemory: SharedMemory;
  readonly fileRoutes: WrittenFileRoutes;
  readonly fileRollouts: WrittenRollouts;
  readonly quotas: QuotasOptions;
  readonly store: Store;
  readonly keys: KeyParts;
  readonly examine: DoctorSetup['examine'];
  /** Reads the files of the settings again; `by`: for the log. */
  readonly reload: (by: string) => Promise<ReloadResult>;
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
  /** Takes what other processes have declared, and what they have done to rollouts. Rejects where it cannot be read. */
  catchUp(): Promise<void>;
  /** Not ready any more; requests are still answered. */
  beginShutdown(): void;
  /** Loads a model again whose files have changed, as it was asked for last; rejects when it cannot be. */
  reload(name: string): Promise<void>;
  /** Puts settings of a changed file in force. */
  readonly changeSettings: ChangeSettings;
  /** Whether a version's answers are being compared with those of another one. */
  isCompared(ref: ModelRef): boolean;
  /** How counting of usage does; undefined where it is off. */
  usageGauge(): UsageGauge | undefined;
  /** Repositories whose last scan is not followed. */
  keptRepositories(): readonly KeptRepository[];
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
  const ownedRoutes = new OwnedRoutes();
  const controller = new ModelController({ ...setup, isRoute: (name) => ownedRoutes.get(name) !== undefined });
  const books = new ShadowBooks({ ...setup, snapshots: setup.store.snapshots });
  const declared = new Declared(setup);
  const metering = createMetering({ ...setup, records: setup.store.usage });
  const quotas = openQuotas({ ...setup, options: setup.quotas, snapshots: setup.store.snapshots });
  let shuttingDown = false;
  const ready = () => controller.started && !shuttingDown;
  const feed = new EventFeed(setup);
  const audited = createAudit({
    audit: setup.audit,
    changed({ principal }, { right, action, resource }) {
      // What callers register to send their tensors is no change of the server.
      if (right !== 'memory.use') feed.add({ kind: 'change', action, resource, by: principal.id });
    },
  });
  const isShuttingDown = () => shuttingDown;
  const running = { controller, ownedRoutes, declared, books, metering, quotas, feed, ready, isShuttingDown, audited };
  const { service, traffic } = createUseCases(setup, running);
  const read = async () => {
    // Which versions have to be loaded is among it; and before anything is counted.
    await Promise.all([declared.load(), books.load(), quotas.load()]);
    // A bare name that is split must be so before the first request for it.
    await traffic.rollouts.resume();
  };
  let reading = Promise.resolve();
  return {
    service,
    async start() {
      reading = read();
      await reading;
      await controller.start();
      traffic.declaredRollouts.start();
    },
    async catchUp() {
      // Its label moves before a rollout ends.
      await declared.catchUp();
      await traffic.rollouts.catchUp();
    },
    declaredLabels: (model) => controller.labels.declaredOf(model),
    beginShutdown() {
      shuttingDown = true;
      feed.end();
      traffic.shadows.stop();
    },
    reload: (name) => controller.reload(name),
    keptRepositories: () => controller.keptRepositories,
    changeSettings: createSettingsChange({
      kinds: [accessChange(setup.keys), ...traffic.fromFile, logLevelsChange(setup.logControl, setup.logLevels)],
      keys: setup.keys,
      audited,
    }),
    isCompared: (ref) => traffic.compares(ref),
    usageGauge: () => metering.gauge(),
    async close() {
      // The store is closed behind this.
      await Promise.allSettled([reading]);
      await traffic.declaredRollouts.close();
      await traffic.rollouts.close();
      await controller.close();
      await books.close();
      await quotas.close();
      await traffic.outcomes.close();
      await metering.close();
    },
  };
}

interface Running {
  readonly controller: ModelController;
  readonly ownedRoutes: OwnedRoutes;
  readonly declared: Declared;
  readonly books: ShadowBooks;
  readonly metering: Metering;
  readonly quotas: ReturnType<typeof openQuotas>;
  readonly feed: EventFeed;
  readonly ready: () => boolean;
  readonly isShuttingDown: () => boolean;
  readonly audited: Audited;
}

function createUseCases(
  setup: CreateServiceOptions,
  { controller, ownedRoutes, declared, books, metering, quotas, feed, ready, isShuttingDown, audited }: Running,
): { readonly service: Service; readonly traffic: Traffic } {
  const { engine, logControl, sharedMemory } = setup;
  const lookup = createLookup(engine, controller);
  const decoders = new MediaDecoders({ ...setup, options: setup.media });
  const { labels } = controller;
  const traffic: Traffic = createTraffic(setup, {
    labels,
    ownedRoutes,
    declared,
    books,
    lookup,
    audited,
    inferCopy: (...copy) => inferCopy(...copy),
  });
  const { routes, declaredLabels } = traffic;
  const models = createModelUseCases({ engine, lookup, routes });
  const reports = createModelReports({ engine, lookup });
  const observers = [
    ...(quotas.gate === undefined ? [] : [quotas.gate]),
    createAuditObserver(setup.audit),
    traffic.observer,
  ];
  const { inferCopy, ...inference } = createInfer({ ...setup, lookup, routes, decoders, observers });
  const extensions = sharedMemory.enabled ? [...EXTENSIONS, 'system_shared_memory'] : EXTENSIONS;
  const service: Service = {
    ...traffic.useCases,
    usage: metering.useCases,
    quotas: quotas.useCases,
    events: feed,
    keys: createKeyUseCases({ ...setup, audited }),
    access: createAccessUseCases(setup),
    doctor: createDoctorUseCases(setup),
    reload: createReloadUseCases({ ...setup, audited, isShuttingDown }),
    ...inference,
    serverInfo(call) {
      admit(call.principal, 'server.read', '');
      return { name: 'millrace', version: setup.version, extensions };
    },
    live: () => true,
    ready,
    ...models.useCases,
    ...reports,
    ...createManagement(setup, { controller, audited, declaredLabels }),
    ...createSettingUseCases({
      logControl,
      audited,
      checkModel: models.check,
      unknownModel: (name) => absent(lookup, { name, version: undefined }),
    }),
    ...createSharedMemoryUseCases({ sharedMemory, audited }),
    audit: createAuditUseCases(setup),
  };
  return { service, traffic };
}

function createLookup(engine: VersionLookup['engine'], controller: ModelController): VersionLookup {
  return {
    engine,
    labels: controller.labels,
    aliases: controller.aliases,
    unselected: (model) => controller.unselected(model),
    starting: () => !controller.started,
  };
}

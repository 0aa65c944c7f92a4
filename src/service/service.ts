import { type Account, type AccountSetup, accessChange, openAccount } from '../account/index.js';
import type { AuditTrail } from '../audit/index.js';
import type { BodyMemory, DeadlineWatch, ModelRef } from '../core/index.js';
import { createAudit } from '../governance/index.js';
import {
  createAuditObserver,
  createInference,
  guardObserver,
  type InferenceObserver,
  type InferenceSetup,
} from '../inference/index.js';
import type { KnownNeed } from '../memory/index.js';
import { Models, type ModelsSetup } from '../models/index.js';
import { openPayloadLog, type PayloadLog, type PayloadLogSetup } from '../payload-log/index.js';
import type { ModelSource } from '../repository/index.js';
import type { Store } from '../store/index.js';
import { Traffic, type TrafficSetup } from '../traffic/index.js';
import type { Upgraded } from '../upgrade/index.js';
import type { DoctorSetup } from './doctor/doctor-use-cases.js';
import { EventFeed } from './events/event-feed.js';
import { logLevelsChange } from './reload/log-levels-change.js';
import type { ReloadResult } from './reload/reload-result.js';
import { type ChangeSettings, createSettingsChange } from './reload/settings-change.js';
import type { LogControl, LogLevels } from './reload/types.js';
import { createServerUseCases } from './server-use-cases.js';
import { openStoredWork, type StoredWork, type StoredWorkSetup } from './stored-work.js';
import type { Exposition, Service } from './types.js';

export interface CreateServiceOptions
  extends Omit<ModelsSetup, 'isRoute'>,
    Omit<AccountSetup, 'audited' | 'store'>,
    Pick<TrafficSetup, 'fileRoutes' | 'fileRollouts' | 'slos'>,
    Pick<InferenceSetup, 'sharedMemory'>,
    Pick<PayloadLogSetup, 'payloadLog'>,
    Pick<StoredWorkSetup, 'jobs' | 'files' | 'batches'> {
  readonly deadlines: DeadlineWatch;
  /** Where large bodies lie. */
  readonly bodies: BodyMemory | undefined;
  readonly logControl: LogControl;
  /** undefined = metrics are switched off. */
  readonly renderMetrics: (() => Promise<Exposition>) | undefined;
  /** As the settings have them at the start. */
  readonly logLevels: LogLevels;
  readonly audit: AuditTrail;
  readonly store: Store;
  /** Besides those of quotas, audit and routes. */
  readonly observers: readonly InferenceObserver[];
  readonly examine: DoctorSetup['examine'];
  /** Replaces this server by a new process; undefined = it cannot be. `by`: for the log. */
  readonly upgrade?: ((by: string) => Promise<Upgraded>) | undefined;
  /** Reads the files of the settings again; `by`: for the log. */
  readonly reload: (by: string) => Promise<ReloadResult>;
  /** Version of the server, for its metadata. */
  readonly version: string;
}

/** The service and what starts and ends it. */
export interface ServiceLife {
  readonly service: Service;
  /** Puts what was declared in force, and loads the models asked for at start. Nothing that acts of its own accord begins before `mayAct`; default: at once. */
  start(mayAct?: Promise<void>): Promise<void>;
  /** Takes what other processes have declared, and what they have done to rollouts. Rejects where it cannot be read. */
  catchUp(): Promise<void>;
  /** Another process takes over: begins no stored work, and goes on with what runs. */
  retire(): void;
  /** Not ready any more; requests are still answered. */
  beginShutdown(): void;
  /** Loads a model again whose files have changed, as it was asked for last; rejects when it cannot be. */
  reload(name: string): Promise<void>;
  /** Puts settings of a changed file in force. */
  readonly changeSettings: ChangeSettings;
  /** Whether a version's answers are being compared with those of another one. */
  isCompared(ref: ModelRef): boolean;
  /** The memory that a version needs, measured or estimated; undefined where it would live in the server itself. */
  memoryNeedOf(source: ModelSource): KnownNeed | undefined;
  /** For metrics. */
  readonly gauges: ServiceGauges;
  /** Ends scans of the repositories, and keeps what has been counted. */
  close(): Promise<void>;
}

/** The gauges of the service, read when metrics are scraped. */
export interface ServiceGauges extends Readonly<StoredWork['gauges']> {
  /** Of rollouts that are not over. */
  readonly rollouts: Service['traffic']['rollouts']['gauges'];
  readonly usage: Account['usageGauge'];
  readonly slos: Traffic['sloGauges'];
  readonly payloads: PayloadLog['counts'];
}

/** Puts the use cases together. */
export function createService(setup: CreateServiceOptions): ServiceLife {
  const feed = new EventFeed(setup);
  const audited = createAuditFor(setup, feed);
  const models = new Models({
    ...setup,
    isRoute: (name) => traffic.routes.find({ name, version: undefined }) !== undefined,
  });
  const { lookup, labels, decoders } = models;
  const traffic: Traffic = new Traffic(setup, {
    labels,
    lookup,
    audited,
    // Shadows send copies, and routes choose what runs requests.
    inferCopy: (...copy) => inference.inferCopy(...copy),
  });
  const account = openAccount({ ...setup, audited });
  const payloads = openPayloadLog(setup, audited);
  const inference = createInference({
    ...setup,
    lookup,
    decoders,
    audited,
    routes: traffic.routes,
    observers: observersOf(setup, [...account.observers, createAuditObserver(setup.audit), traffic.observer], payloads),
  });
  const storedWork = openStoredWork(setup, audited);
  let shuttingDown = false;
  const modelUseCases = models.useCases({ routes: traffic.routes, labels: traffic.declaredLabels, audited });
  const service: Service = {
    inference: inference.useCases,
    models: modelUseCases,
    traffic: traffic.useCases,
    account: account.useCases,
    ...storedWork.useCases,
    server: createServerUseCases(setup, {
      feed,
      audited,
      payloads: payloads.useCases,
      models,
      checkModel: modelUseCases.checkModel,
      lookup,
      isReady: () => models.started && !shuttingDown,
      isShuttingDown: () => shuttingDown,
    }),
  };
  const read = async () => {
    // Which versions have to be loaded is among it; and before anything is counted.
    await Promise.all([traffic.load(), account.load()]);
    // A bare name that is split must be so before the first request for it.
    await traffic.resume();
  };
  let reading = Promise.resolve();
  return {
    service,
    async start(mayAct = Promise.resolve()) {
      reading = read();
      await reading;
      await models.start();
      void mayAct.then(() => {
        if (!shuttingDown) for (const each of [traffic, storedWork]) each.start();
      });
    },
    catchUp: () => traffic.catchUp(),
    retire: () => storedWork.stop(),
    beginShutdown() {
      shuttingDown = true;
      feed.end();
      traffic.stopShadows();
      storedWork.stop();
    },
    reload: (name) => models.reload(name),
    changeSettings: createSettingsChange({
      kinds: [accessChange(setup.keys), ...traffic.fromFile, logLevelsChange(setup.logControl, setup.logLevels)],
      keys: setup.keys,
      audited,
    }),
    memoryNeedOf: (source) => models.memoryNeedOf(source),
    isCompared: (ref) => traffic.compares(ref),
    gauges: {
      rollouts: () => service.traffic.rollouts.gauges(),
      ...storedWork.gauges,
      usage: () => account.usageGauge(),
      slos: () => traffic.sloGauges(),
      payloads: payloads.counts,
    },
    async close() {
      // The store is closed behind this.
      await Promise.allSettled([reading]);
      await storedWork.close();
      await payloads.close();
      await traffic.closeRollouts();
      await models.close();
      await traffic.close();
      await account.close();
    },
  };
}

/** Runs changes, which the feed of events shows. */
function createAuditFor({ audit }: Pick<CreateServiceOptions, 'audit'>, feed: EventFeed) {
  return createAudit({
    audit,
    changed({ principal }, { right, action, resource }) {
      // Regions that callers register for their tensors are no change of the server, and neither is reading.
      if (right === 'memory.use' || right === 'payload.read') return;
      feed.add({ kind: 'change', action, resource, by: principal.id });
    },
  });
}

/** The server's own observers, the payload log's and those of the program, of which errors are logged. */
function observersOf(
  { observers, events }: Pick<CreateServiceOptions, 'observers' | 'events'>,
  own: readonly InferenceObserver[],
  { observer }: Pick<PayloadLog, 'observer'>,
): readonly InferenceObserver[] {
  const message = 'an observer of inferences failed';
  const guarded = observers.map((each) =>
    guardObserver(each, (error) => events.publish('diagnostic', { level: 'error', room: 'service', message, error })),
  );
  return [...own, ...(observer === undefined ? [] : [observer]), ...guarded];
}

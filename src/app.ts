import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AuditTrail, openTrail } from './audit/index.js';
import type { Settings } from './config/index.js';
import { type Clock, DeadlineWatch, EventBus, systemClock } from './core/index.js';
import type { Engine } from './engine/index.js';
import { examine, warnOfFileShortage } from './examine.js';
import { createFront, type Front, type FrontOverrides, openPorts } from './front.js';
import { type Identities, openIdentities } from './identities.js';
import { openEngine } from './open-engine.js';
import { type Dialect, formatUnknownModel } from './protocols/index.js';
import { createPuller, openRepository } from './repositories.js';
import { DeclaredLabelVersions, loadRuntimes } from './repository/index.js';
import { BodyArena, type HostDependencies, type RuntimeManifest } from './runtimes/index.js';
import {
  type Addresses,
  type Fetch,
  responseOf,
  type Server,
  type StoredRequest,
  TrustedProxies,
} from './server/index.js';
import {
  type CreateServiceOptions,
  createService,
  type InferenceObserver,
  type ReloadResult,
  type Service,
  type ServiceLife,
} from './service/index.js';
import { ServicePort } from './service-port.js';
import { settingsOfService } from './service-settings.js';
import { SharedMemory } from './shared-memory/index.js';
import { openStore, type Store, StoreFollower } from './store/index.js';
import { type StoredCall, storedAnswers, storedWorkSetup } from './stored-answers.js';
import type { ListeningSocket } from './systemd/index.js';
import { createTelemetry, type LogDestination, type Telemetry } from './telemetry/index.js';
import { VERSION } from './version.js';

/** What an assembly may be given in place of the real thing. */
export interface AppOverrides extends FrontOverrides {
  readonly clock?: Clock;
  /** Where log lines go; default standard error. */
  readonly logDestination?: LogDestination;
  /** Receives everything that the rooms report, besides telemetry. */
  readonly events?: EventBus;
  /** Where runners read large bodies; closed with the app. Default: one of its own. */
  readonly bodies?: BodyArena;
  /** See every inference, after the server's own observers. */
  readonly observers?: readonly InferenceObserver[];
  /** Runtimes besides millrace's own and those of `runners.runtimes`. */
  readonly runtimes?: readonly RuntimeManifest[];
  /** Start to load models while the rest of the server is built, so that runners start meanwhile. Default: false. */
  readonly startsEarly?: boolean;
  /** Replaces this server by a new process. Default: it cannot be. */
  readonly upgrade?: CreateServiceOptions['upgrade'];
  /** Resolves when the server before this one has handed over: until then models load, and nothing is written. Default: there is none. */
  readonly handedOver?: Promise<void> | undefined;
}

/** One whole server: rooms wired together. Nothing is shared with another one in the same process. */
export interface App {
  readonly service: Service;
  readonly engine: Engine;
  /** What it speaks. */
  readonly dialects: readonly Dialect[];
  readonly events: EventBus;
  readonly clock: Clock;
  /** Ends calls at their deadline; whoever opens one has it watched until it ends. */
  readonly deadlines: DeadlineWatch;
  readonly settings: Settings;
  /** Loads the models asked for at start. Rejects only in `repository.strict` mode. */
  start(): Promise<void>;
  /** Opens the ports; models may still be loading. Rejects with `failed_precondition` when it may or can not. */
  listen(): Promise<Addresses>;
  /** The sockets that it listens on. */
  sockets(): readonly ListeningSocket[];
  /**
   * Takes no more connections, as another process listens on its sockets; see {@link Server.retire}. Resolves when all is answered: then it
   * is to be closed.
   */
  retire(): Promise<void>;
  /** Answers one request of somebody else's HTTP server. */
  handler(req: IncomingMessage, res: ServerResponse): void;
  /** Answers one request that the program has as a `Request`. */
  readonly fetch: Fetch;
  /** Answers a request that was stored, on the account of its caller. Rejects with `unauthenticated` where that one has no access any more. */
  answerStored(request: StoredRequest, caller: StoredCall): Promise<Response>;
  /**
   * Reads the settings file, the files of keys and those of TLS now. `by`: who asks, for the log. Problems are in the result; never rejects.
   * Nothing changes once it is closed.
   */
  reload(by: string): Promise<ReloadResult>;
  /**
   * Not ready at once, still serving for `server.drainDelayMs`, then refusing new inferences while accepted ones
   * finish within `server.gracePeriodMs`; everything is closed when it resolves. Later calls share the first one's end.
   */
  close(options?: { readonly drainDelayMs?: number }): Promise<void>;
}

/** Builds a server from its settings. Starts no model, unless `startsEarly` is set, and opens no port. */
export async function createApp(settings: Settings, overrides: AppOverrides = {}): Promise<App> {
  const clock = overrides.clock ?? systemClock;
  const deadlines = new DeadlineWatch(clock);
  const events = overrides.events ?? new EventBus();
  const runtimes = await loadRuntimes(settings.runners.runtimes, overrides.runtimes);
  const bodies = overrides.bodies ?? BodyArena.open();
  const declaredLabels = new DeclaredLabelVersions();
  const repository = openRepository(settings, { runtimes, clock, events, declaredLabels });
  const base = { clock, deadlines, bodies, events };
  const servicePort = new ServicePort();
  const engine = openEngine(settings, { ...base, runtimes, servicePort, repository });
  const telemetry = await openTelemetry(settings, engine, { clock, events, destination: overrides.logDestination });
  const sharedMemory = new SharedMemory(settings.sharedMemory);
  const store = openStore(settings.store, clock);
  const identities = await openIdentities(settings, { records: store.keys, clock, events });
  const shared = { ...base, audit: openAudit(settings, identities, { clock, events }) };
  const answerStored = storedAnswers(identities, () => front.server);
  const life = createService({
    repository,
    declaredLabels,
    puller: createPuller(settings, { runtimes, clock, events }),
    engine,
    ...shared,
    options: settings.repository,
    // In every protocol, so that a name is unknown in the same words wherever it is asked for.
    formatUnknown: formatUnknownModel,
    logControl: telemetry.logs,
    renderMetrics: settings.telemetry.metrics ? telemetry.render : undefined,
    sharedMemory,
    ...settingsOfService(settings),
    store,
    knowsCallers: identities.isRequired,
    keys: identities.keys,
    ...storedWorkSetup(settings, { answerStored, clock, events, server: () => front.server }),
    examine: (kept) => examine({ settings, engine, store, clock, identities, kept }),
    reload: (by) => front.reloads.reload(by),
    observers: overrides.observers ?? [],
    upgrade: overrides.upgrade,
    version: VERSION,
  });
  servicePort.connect(life);
  telemetry.readService(life.gauges);
  const following = new StoreFollower({ ...base, store, readers: [identities, life] });
  const parts = { ...shared, settings, identities, life, engine, sharedMemory, following, store, telemetry };
  let starting: Promise<void> | undefined;
  const start = () => (starting ??= startModels(parts, overrides.handedOver));
  if (overrides.startsEarly === true) start().catch(() => undefined);
  const front = await createFront(settings, {
    life,
    identities,
    ...shared,
    overrides,
    telemetry,
  }).catch((error: unknown) => giveUp(error, starting && parts));
  let closing: Promise<void> | undefined;

  return {
    service: life.service,
    engine,
    events,
    clock,
    deadlines,
    settings,
    start,
    ...doorsOf(front, parts),
    answerStored: async (...stored) => responseOf(await answerStored(...stored)),
    close(options = {}) {
      closing ??= shutDown({ ...parts, front }, options.drainDelayMs ?? settings.server.drainDelayMs);
      return closing;
    },
  };
}

/** The members of an app that its front has. */
function doorsOf(
  { server, dialects, reloads }: Front,
  { settings, identities, life }: RunningParts,
): Pick<App, 'dialects' | 'listen' | 'sockets' | 'retire' | 'handler' | 'fetch' | 'reload'> {
  return {
    dialects,
    listen: () => openPorts(server, settings, identities),
    sockets: () => server.sockets(),
    retire() {
      life.retire();
      return server.retire();
    },
    handler: (req, res) => server.handler(req, res),
    fetch: server.fetch,
    reload: (by) => reloads.reload(by),
  };
}

interface RunningParts {
  readonly following: StoreFollower;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly identities: Identities;
  readonly life: ServiceLife;
  readonly engine: Engine;
  readonly sharedMemory: SharedMemory;
  readonly bodies: BodyArena | undefined;
  readonly store: Store;
  readonly audit: AuditTrail;
  readonly telemetry: Telemetry;
}

async function startModels(parts: RunningParts, handedOver: AppOverrides['handedOver']): Promise<void> {
  const { following, identities, life, engine, settings, events } = parts;
  following.start();
  identities.start();
  await life.start(handedOver);
  warnOfFileShortage(engine, settings, events);
}

async function shutDown({ front, ...parts }: RunningParts & { readonly front: Front }, drainDelayMs: number) {
  const { settings, clock, life } = parts;
  life.beginShutdown();
  if (drainDelayMs > 0) await clock.sleep(drainDelayMs);
  const giveUpAt = clock.now() + settings.server.gracePeriodMs;
  try {
    // Without the delay there is no proxy to be considerate of.
    if (drainDelayMs > 0) await front.server.leave();
    await front.close(Math.max(0, giveUpAt - clock.now()));
  } finally {
    // Whatever went wrong before, no runner may keep the process alive.
    await closeBack(parts, Math.max(0, giveUpAt - clock.now()));
  }
}

/** There is no front; `started`: what has begun behind it. */
async function giveUp(reason: unknown, started: RunningParts | undefined): Promise<never> {
  if (started !== undefined) await closeBack(started, 0);
  throw reason;
}

/** Closes what is behind the front. */
async function closeBack(parts: RunningParts, gracePeriodMs: number): Promise<void> {
  const { identities, life, engine, sharedMemory, bodies, following, store } = parts;
  await engine.close(gracePeriodMs);
  await following.close();
  await life.close();
  sharedMemory.close();
  bodies?.close();
  await identities.close();
  await parts.audit.close();
  await store.close();
  await parts.telemetry.close();
}

function openTelemetry(
  { telemetry: options, tfs }: Settings,
  engine: Engine,
  parts: Pick<RunningParts, 'clock' | 'events'> & { readonly destination: LogDestination | undefined },
): Promise<Telemetry> {
  const { clock, events, destination } = parts;
  const proxies = new TrustedProxies(options.trustParent.proxies);
  return createTelemetry({
    options,
    isTrustedParent: (address) => proxies.has(address),
    events,
    version: VERSION,
    hasTensorflowNames: tfs.enabled,
    gauges: () => engine.gauges(),
    modelStates: () => engine.statuses(),
    cacheUsage: () => engine.cacheUsage(),
    memoryUsage: () => engine.memoryUsage(),
    clock,
    ...(destination !== undefined && { destination }),
  });
}

/** Who does what to what, where there is somebody to name. */
function openAudit(
  { audit: options }: Settings,
  { isRequired }: Identities,
  parts: Pick<HostDependencies, 'clock' | 'events'>,
): AuditTrail {
  return openTrail({ ...parts, options, version: VERSION, hasCredentials: isRequired });
}

import { NO_TRAIL } from '../../src/audit/index.js';
import { createSettings } from '../../src/config/index.js';
import { DeadlineWatch, EventBus, type Signature, systemClock, type Tensor } from '../../src/core/index.js';
import { createEngine } from '../../src/engine/index.js';
import { openIdentities } from '../../src/identities.js';
import { formatUnknownModel } from '../../src/protocols/index.js';
import { createFolderRepository, DeclaredLabelVersions, dataFileNames } from '../../src/repository/index.js';
import {
  type Batch,
  BUILT_IN_RUNTIMES,
  createHost,
  type Emission,
  type Host,
  type Instance,
} from '../../src/runtimes/index.js';
import { createServer } from '../../src/server/index.js';
import { createService, NOTHING_RELOADED, ObjectBodies, type Service } from '../../src/service/index.js';
import { SharedMemory } from '../../src/shared-memory/index.js';
import { Puller, systemSurroundings } from '../../src/sources/index.js';
import { openStore } from '../../src/store/index.js';
import { createTelemetry } from '../../src/telemetry/index.js';
import { createDialects } from './dialects.js';
import { EVERYBODY } from './http-server.js';
import { MemoryObjects } from './memory-objects.js';
import { withCases } from './service-of.js';

/** A log line as it is written. */
export interface LogLine {
  readonly level: string;
  readonly room: string;
  readonly msg: string;
  readonly request_id?: string;
  readonly error?: string;
  readonly cause?: string;
}

/** A whole server on a free port whose rooms misbehave where a request asks for it. */
export interface FaultyServer extends AsyncDisposable {
  readonly port: number;
  readonly log: readonly LogLine[];
}

/**
 * Faults by the request parameter `fault`: `engine` gets an emission from the instance that the engine cannot handle,
 * `encode` a tensor that cannot be read. Requests without JSON cannot be decoded, and the index not be told.
 */
export async function startFaultyServer(repository: string): Promise<FaultyServer> {
  const settings = createSettings({
    repository: { paths: [repository] },
    server: { httpPort: 0, grpcPort: -1, metricsPort: -1 },
    telemetry: { accessLogSuccessesPerSecond: 0 },
  });
  const log: LogLine[] = [];
  const events = new EventBus();
  const clock = systemClock;
  const engine = createEngine({
    reload: () => Promise.resolve(),
    infer: async (call, target, request) =>
      life.service.inference.infer(call, await life.service.inference.resolve(call, target), request),
    options: settings.engine,
    clock,
    events,
    cacheFolder: undefined,
    host: withFaults(
      createHost({
        options: settings.runners,
        runtimes: BUILT_IN_RUNTIMES,
        events,
        clock,
        memoryBytes: 17_179_869_184,
        environment: {},
      }),
    ),
    requestTimeoutMs: settings.server.requestTimeoutMs,
  });
  const telemetry = await createTelemetry({
    options: settings.telemetry,
    events,
    clock,
    version: '0.0.0',
    hasTensorflowNames: false,
    gauges: () => engine.gauges(),
    modelStates: () => engine.statuses(),
    cacheUsage: () => engine.cacheUsage(),
    memoryUsage: () => engine.memoryUsage(),
    destination: { write: (line) => log.push(JSON.parse(line)) },
  });
  const deadlines = new DeadlineWatch(clock);
  const store = openStore(settings.store, clock);
  const life = createService({
    engine,
    clock,
    deadlines,
    bodies: undefined,
    events,
    options: settings.repository,
    observers: [],
    declaredLabels: new DeclaredLabelVersions(),
    media: settings.media,
    formatUnknown: formatUnknownModel,
    logControl: telemetry.logs,
    renderMetrics: telemetry.render,
    logLevels: settings.telemetry,
    fileRollouts: { configs: {}, places: {} },
    slos: {},
    payloadLog: settings.payloadLog,
    fileRoutes: { configs: {}, placeOf: () => '', read: () => ({ configs: {}, problems: [] }) },
    quotas: [],
    version: '0.0.0',
    audit: NO_TRAIL,
    examine: async () => [],
    reload: async () => NOTHING_RELOADED,
    sharedMemory: new SharedMemory(settings.sharedMemory),
    store,
    metering: settings.metering,
    knowsCallers: false,
    files: settings.files,
    batches: {
      options: settings.batches,
      isInference: () => false,
      objects: { store: new MemoryObjects(), rules: settings.jobs, https: settings.jobs.inputs },
    },
    jobs: {
      options: settings.jobs,
      weightOf: () => 1,
      answer: () => Promise.reject(new TypeError('no job runs here')),
      objects: new ObjectBodies({ store: new MemoryObjects(), options: settings.jobs, events }),
    },
    keys: (await openIdentities(settings, { records: store.keys, clock, events })).keys,
    puller: new Puller({
      options: settings.sources,
      surroundings: systemSurroundings({}, '/'),
      names: dataFileNames(BUILT_IN_RUNTIMES),
      clock,
      events,
    }),
    repository: createFolderRepository({
      paths: [repository],
      runtimes: BUILT_IN_RUNTIMES,
      options: settings.repository,
      clock,
      events,
    }),
  });
  const broken = () => {
    throw new TypeError('a fault in the service');
  };
  const service = withCases(life.service, {
    modelInfo: broken,
    resolve: withoutSignature(life.service),
    repositoryIndex: broken,
  });
  const server = createServer({
    options: settings.server,
    dialects: createDialects({ service, clock, options: settings.server }),
    events,
    clock,
    deadlines,
    version: '0.0.0',
    requiresKey: false,
    renderMetrics: undefined,
    service,
    authenticate: () => EVERYBODY,
    authenticateSigner: async () => EVERYBODY,
    vouchFor: () => EVERYBODY,
  });
  await life.start();
  const { http } = await server.listen();
  return {
    port: http.port,
    log,
    async [Symbol.asyncDispose]() {
      await server.close(0);
      await engine.close(0);
      await life.close();
      await telemetry.close();
    },
  };
}

/** Who reads a request by the signature of its model comes upon a fault. */
function withoutSignature({ inference }: Pick<Service, 'inference'>): Service['inference']['resolve'] {
  return async (...given) => {
    const resolved = await inference.resolve(...given);
    const signature: Signature = {
      ...resolved.info.signature,
      get inputs(): Signature['inputs'] {
        throw new TypeError('a fault in the service');
      },
    };
    return { ...resolved, info: { ...resolved.info, signature } };
  };
}

function withFaults(host: Host): Host {
  return {
    load: async (...given) => misbehaving(await host.load(...given)),
    close: () => host.close(),
  };
}

function misbehaving(instance: Instance): Instance {
  const { id, pid, loadMs, description, exited } = instance;
  return {
    id,
    pid,
    loadMs,
    description,
    exited,
    execute: (batch, emit) =>
      instance.execute(batch, (emissions) => emit(emissions.map((emission) => damage(emission, batch)))),
    cancel: (callId) => instance.cancel(callId),
    grant: (callId, answers) => instance.grant(callId, answers),
    kill: (reason) => instance.kill(reason),
    close: () => instance.close(),
  };
}

function damage(emission: Emission, { items }: Batch): Emission {
  switch (items.find(({ callId }) => callId === emission.callId)?.parameters.fault) {
    case 'engine':
      return { ...emission, outputs: undefined as never };
    case 'encode':
      return { ...emission, outputs: emission.outputs.map(unreadable) };
    default:
      return emission;
  }
}

function unreadable(tensor: Tensor): Tensor {
  return {
    ...tensor,
    get data(): Uint8Array {
      throw new RangeError('a fault in the data');
    },
  };
}

import { basename } from 'node:path';
import { type Call, type CallContext, excerpt, invalidArgument, MillraceError } from '../../core/index.js';
import type { ServedModel, Service } from '../../service/index.js';
import { type ListedModel, type ModelPage, readyByName } from '../shared/model-server/listed-models.js';
import { loadFrom } from '../shared/model-server/load-from.js';
import { VersionError } from './errors.js';
import type { Registration } from './registration.js';
import { parseVersion } from './version.js';

/** What is to be told of a model. */
interface Described {
  /** As it was sent: one, or `all`. */
  readonly version: string | undefined;
  /** What the model's Python handler says of itself, too. */
  readonly customized: boolean;
}

/** Which worker processes are asked for; undefined = TorchServe's default. */
export interface WorkerRange {
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly gpus: number | undefined;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;
/** Of a queue whose configuration does not say. */
const DEFAULT_MAX_REQUESTS = 1_024;

/** TorchServe's management of models, in the words of its answers; over HTTP and gRPC. */
export class Management {
  readonly #service: Pick<Service, 'models'>;

  constructor(service: Pick<Service, 'models'>) {
    this.#service = service;
  }

  /** Ready models in order of name. A limit or token that is no such number counts as none, as in TorchServe. */
  list(call: CallContext, { limit, pageToken }: { readonly limit: number; readonly pageToken: number }): ModelPage {
    const all = readyByName(this.#service, call);
    const first = Number.isInteger(pageToken) && pageToken > 0 ? pageToken : 0;
    const count = Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT ? limit : DEFAULT_LIMIT;
    const models = all.slice(first, first + count).map(listed);
    const next = first + count;
    return next < all.length ? { models, nextPageToken: String(next) } : { models };
  }

  /** One version, the default one where none is named, or `all`: each with its workers and its queue. */
  describe(call: CallContext, name: string, { version: text, customized }: Described): readonly object[] {
    const all = text === 'all';
    if (customized && !all) throw noCustomizedMetadata();
    const { info, versions } = this.#service.models.modelInfo(call, name, all ? undefined : parseVersion(text, name));
    if (!all) return [this.#describeOne(call, info)];
    return versions.map((each) =>
      this.#describeOne(call, this.#service.models.modelInfo(call, info.ref.name, each).info),
    );
  }

  /** A model that SageMaker has loaded, which gives absolute paths, as it wants to be told of it; undefined for others. */
  describeShort(call: CallContext, name: string): ListedModel | undefined {
    const { info } = this.#service.models.modelInfo(call, name, undefined);
    const { from } = info.source;
    return from !== undefined && /^(\/|file:)/.test(from) ? listed(info) : undefined;
  }

  /** Loads a model from a folder or file inside a repository. */
  async register(call: Call, { url, modelName }: Registration): Promise<string> {
    const infos = await loadFrom(this.#service, call, { name: modelName, url });
    const versions = infos.map(({ ref }) => ref.version).join(', ');
    return `Model "${modelName}" Version: ${versions} registered with ${infos[0]?.instances ?? 0} initial workers`;
  }

  /** Unloads a model; a version of it where it is the only one. */
  async unregister(call: CallContext, name: string, version: number | undefined): Promise<string> {
    const only = version === undefined ? {} : { onlyVersion: version };
    await this.#service.models.unloadModel(call, name, { ...only, onlyLoaded: true, untilGone: true });
    return `Model "${name}" unregistered`;
  }

  /** Says that the version is the default one, which labels make it. Throws `unimplemented` where it is not. */
  setDefault(call: CallContext, name: string, version: number): string {
    const { info, versions } = this.#service.models.modelInfo(call, name, undefined);
    if (!versions.includes(version)) throw unknownVersion(name, version);
    const { version: current } = info.ref;
    if (current === version) return `Default version successfully updated for model "${name}" to "${version}"`;
    throw new MillraceError(
      'unimplemented',
      `the default version of model '${excerpt(name)}' is ${current} by its files: put \`labels: { stable: ${version} }\` into its model.yaml`,
    );
  }

  /** Says that a model has so many workers, which its configuration says. Throws `unimplemented` where it has others. */
  scale(
    call: CallContext,
    { name, version }: { name: string; version: number | undefined },
    range: WorkerRange,
  ): string {
    const { info } = this.#service.models.modelInfo(call, name, version);
    const min = range.min ?? 1;
    const max = range.max ?? min;
    if (max < min) throw invalidArgument('max_worker cannot be less than min_worker.');
    if (range.gpus !== undefined && range.gpus > 0) {
      throw new MillraceError('unimplemented', `number_gpu cannot be ${range.gpus}: models run on CPUs only`);
    }
    const { instances } = info;
    if (instances < min || instances > max) {
      throw new MillraceError(
        'unimplemented',
        `model '${excerpt(name)}' has ${instances} workers, expected from ${min} to ${max}: ${remedyOf(instances, { min, max })}`,
      );
    }
    return `Workers scaled to ${instances} for model: ${name}${version === undefined ? '' : `, version: ${version}`}`;
  }

  #describeOne(call: CallContext, info: ServedModel): object {
    const { ref, source, instances, maxBatchSize } = info;
    const gauges = this.#service.models.modelGauges(call, ref);
    const pendingRequests = gauges?.queuedRequests ?? 0;
    const capacity = source.config.queue?.maxRequests ?? DEFAULT_MAX_REQUESTS;
    return {
      ...listed(info),
      modelVersion: String(ref.version),
      engine: source.runtime,
      runtime: source.runtime,
      minWorkers: instances,
      maxWorkers: instances,
      batchSize: Math.max(1, maxBatchSize),
      maxBatchDelay: source.config.batching?.maxQueueDelayMs ?? 0,
      workers: (gauges?.instances ?? []).map(({ id, pid, up }) => ({
        id,
        status: up ? 'READY' : 'UNLOADING',
        pid,
        gpu: false,
      })),
      jobQueueStatus: { remainingCapacity: Math.max(0, capacity - pendingRequests), pendingRequests },
    };
  }
}

function listed({ ref, source }: ServedModel): ListedModel {
  // What a route stands for is not told.
  const modelUrl = ref.name === source.name ? (source.from ?? basename(source.modelFolder)) : ref.name;
  return { modelName: ref.name, modelUrl };
}

const MOST_INSTANCES = 64;

/** What gives a model a number of workers in the range. */
function remedyOf(instances: number, { min, max }: { readonly min: number; readonly max: number }): string {
  if (max === 0) return 'a model that is loaded has 1 or more; unregister it to stop its workers';
  if (min > MOST_INSTANCES) return `a model has at most ${MOST_INSTANCES} here`;
  return `put \`instances: { count: ${instances < min ? min : max} }\` into its model.yaml`;
}

function noCustomizedMetadata(): MillraceError {
  return new MillraceError('unimplemented', 'models have no Python handlers here that could give customized metadata');
}

function unknownVersion(name: string, version: number): VersionError {
  return new VersionError(`Model version: ${version} does not exist for model: ${excerpt(name)}`);
}

import {
  type Call,
  type Clock,
  type Datatype,
  type EventBus,
  type InferRequest,
  type MediaKind,
  type MediaSpec,
  MillraceError,
  type ModelRef,
  ownModelName,
  type ParameterValue,
  type Tensor,
  toMillraceError,
} from '../../core/index.js';
import type { Engine } from '../../engine/index.js';
import { askVersion } from '../../engine/index.js';
import type { ModelSource } from '../../repository/index.js';
import { MEDIA_RUNTIME, RunnerDiedError } from '../../runtimes/index.js';
import type { MediaOptions } from './options.js';

/** For how long a failed start of decoders is repeated as the error before the next attempt. */
const RETRY_MS = 10_000;
const VERSION = 1;

export interface DecodersSetup {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly options: MediaOptions;
}

/** Encoded bytes, and the tensor that they become. */
export interface Encoded {
  /** One BYTES element with its length before it. */
  readonly element: Uint8Array;
  readonly spec: MediaSpec;
  readonly datatype: Datatype;
  /** The model that it is for. */
  readonly modelName: string;
}

/**
 * Decodes pictures and sounds, which are strangers' bytes, in processes of their own: each kind is a model of the server's, with its
 * queue, limits, restarts and metrics. Started with the first model that takes the kind.
 */
export class MediaDecoders {
  readonly #setup: DecodersSetup;
  readonly #started = new Map<MediaKind, { readonly ref: Promise<ModelRef>; failedAt: number | undefined }>();

  constructor(setup: DecodersSetup) {
    this.#setup = setup;
    setup.events.subscribe('modelStateChanged', ({ ref, state }) => {
      if (state.kind === 'ready') this.#prepareFor(ref);
    });
  }

  /**
   * The rows that encoded bytes become, as a tensor without a name. Rejects with `invalid_argument` for what cannot be decoded,
   * `failed_precondition` where the decoder is not installed, `unavailable` where it had to be killed, and when the call ends.
   */
  async decode(call: Call, { element, spec, datatype, modelName }: Encoded): Promise<Tensor> {
    const ref = await this.#start(spec.kind);
    const { engine, clock, events, options } = this.#setup;
    const child = call.child({ receivedAt: clock.now(), caller: modelName });
    const request = requestOf(element, { media: toParameter(spec), datatype });
    const { name, version } = ref;
    const finish = (error?: MillraceError) => {
      const target = { name, version };
      const outcome = { ref, error, answered: !error, rows: 1 };
      events.publish('inferFinished', { call: child, target, request, ...outcome, epochMs: clock.epochMs });
      child.end();
    };
    try {
      const { outputs } = await askVersion(engine, ref, { request, call: child });
      const [rows] = outputs;
      if (rows === undefined) throw new MillraceError('internal', 'the decoder gave no rows');
      finish();
      return rows;
    } catch (thrown) {
      const error = toMillraceError(thrown);
      finish(error);
      throw explain(error, options);
    }
  }

  /** Starts what a model that has been loaded may need, behind its back: it serves tensors meanwhile. */
  #prepareFor({ name, generation }: ModelRef): void {
    const info = this.#setup.engine.serving(name).find(({ ref }) => ref.generation === generation);
    for (const { media } of info?.signature.inputs ?? []) {
      // The requests that need it get the error.
      if (media !== undefined) this.#start(media.kind).catch(() => undefined);
    }
  }

  #start(kind: MediaKind): Promise<ModelRef> {
    const known = this.#started.get(kind);
    const { engine, clock, events, options } = this.#setup;
    if (known !== undefined && (known.failedAt === undefined || clock.now() - known.failedAt < RETRY_MS))
      return known.ref;
    const ref = engine.load(sourceOf(kind, options)).then((info) => info.ref);
    const started = { ref, failedAt: undefined as number | undefined };
    this.#started.set(kind, started);
    ref.catch((error: unknown) => {
      started.failedAt = clock.now();
      const message = `what decodes ${kind === 'image' ? 'pictures' : 'sounds'} did not start: ${toMillraceError(error).message}`;
      events.publish('diagnostic', { level: 'warn', room: 'service', message });
    });
    return ref;
  }
}

/** The error of a decoder that died of its input, in terms of the settings; the log has the rest. */
function explain(error: MillraceError, { timeoutMs, maxRssBytes }: MediaOptions): MillraceError {
  if (!(error instanceof RunnerDiedError) || !error.started) return error;
  const why = error.overMemory
    ? `takes more memory than media.maxRssBytes (${maxRssBytes})`
    : `takes longer than media.timeoutMs (${timeoutMs}) or ends its decoder`;
  return new MillraceError(error.code, `it was given up, since it ${why}`, { cause: error });
}

function requestOf(element: Uint8Array, parameters: InferRequest['parameters']): InferRequest {
  return {
    id: '',
    inputs: [{ name: 'content', datatype: 'BYTES', shape: [1], data: element }],
    outputs: undefined,
    parameters,
    priority: 0,
    queueTimeoutMs: undefined,
    sequence: undefined,
  };
}

/** It is plain data. */
function toParameter(spec: MediaSpec): ParameterValue {
  return { ...spec };
}

/** Its files are the server's own, so there is nothing to find. */
function sourceOf(kind: MediaKind, options: MediaOptions): ModelSource {
  const { decoders, maxPixels, maxDurationMs, timeoutMs, maxRssBytes } = options;
  return {
    name: ownModelName(kind),
    version: VERSION,
    repository: '',
    modelFolder: '',
    path: '',
    runtime: MEDIA_RUNTIME.name,
    manifest: MEDIA_RUNTIME,
    config: {
      instances: { count: decoders },
      limits: { executionTimeoutMs: timeoutMs, maxRssBytes },
      batching: { enabled: false },
      [MEDIA_RUNTIME.name]: { kind, maxPixels, maxDurationMs },
    },
    labels: {},
    sizeBytes: 0,
    digest: '',
    fingerprint: '',
  };
}

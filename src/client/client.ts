import { type ClientOptions, createConnection } from './connection.js';
import { createModelClient, type ModelClient } from './model.js';
import type { AnyModel, CallOptions, ModelIndexEntry, ModelStatistics, ModelTypes, ServerMetadata } from './types.js';

export interface LoadOptions extends CallOptions {
  /** Replaces the model's configuration on disk: Triton's JSON or millrace's own shape. */
  readonly config?: Readonly<Record<string, unknown>> | string;
}

export interface UnloadOptions extends CallOptions {
  /** Also where labels of the model were declared through the server's own API, on which callers may rely. Default: false. */
  readonly force?: boolean;
}

/** A server of the Open Inference Protocol v2. Holds no socket of its own: there is nothing to close. */
export interface MillraceClient {
  readonly url: string;
  /** A model, or one version of it; nothing is sent yet. `M` comes from `millrace types <model>`. */
  model<M extends ModelTypes = AnyModel>(
    name: string,
    options?: { readonly version?: number | string },
  ): ModelClient<M>;
  metadata(options?: CallOptions): Promise<ServerMetadata>;
  live(options?: CallOptions): Promise<boolean>;
  ready(options?: CallOptions): Promise<boolean>;
  /** The repository index: every known version, or only those that are ready. */
  models(options?: CallOptions & { readonly readyOnly?: boolean }): Promise<readonly ModelIndexEntry[]>;
  /** Statistics of every loaded version. */
  statistics(options?: CallOptions): Promise<readonly ModelStatistics[]>;
  /** Loads or reloads a model; the server must run in `explicit` mode. */
  load(name: string, options?: LoadOptions): Promise<void>;
  /** Returns when new requests are refused; accepted ones finish behind it. `explicit` mode only. */
  unload(name: string, options?: UnloadOptions): Promise<void>;
}

/**
 * A client for the server at `url` (`http://host:port`, with the path of a gateway if there is one). Uses `fetch` alone,
 * so it runs in browsers, too. All its calls reject with {@link MillraceClientError}.
 */
export function connect(url: string | URL, options: ClientOptions = {}): MillraceClient {
  const connection = createConnection(url, options);
  const control = async (path: string, parameters: unknown, call: CallOptions) => {
    const body = parameters === undefined ? {} : { parameters };
    await connection.postJson(`/v2/repository/models/${path}`, body, connection.budget(call));
  };
  return {
    url: connection.baseUrl,
    model: (name, { version } = {}) =>
      createModelClient(connection, name, version === undefined ? undefined : String(version)),
    metadata: (call) => connection.getJson('/v2', connection.budget(call)),
    live: (call) => connection.isOk('/v2/health/live', connection.budget(call)),
    ready: (call) => connection.isOk('/v2/health/ready', connection.budget(call)),
    async models(call = {}) {
      const wanted = call.readyOnly === true ? { ready: true } : {};
      const index = await connection.postJson('/v2/repository/index', wanted, connection.budget(call));
      // The index is documented to be a list; an empty body is an empty one.
      return (index ?? []) as readonly ModelIndexEntry[];
    },
    async statistics(call) {
      const path = '/v2/models/stats';
      const answer = await connection.getJson<{ model_stats: readonly ModelStatistics[] }>(
        path,
        connection.budget(call),
      );
      return answer.model_stats;
    },
    load(name, { config, ...call } = {}) {
      const text = typeof config === 'object' ? JSON.stringify(config) : config;
      return control(`${encodeURIComponent(name)}/load`, text === undefined ? undefined : { config: text }, call);
    },
    unload: (name, { force = false, ...call } = {}) =>
      control(`${encodeURIComponent(name)}/unload`, force ? { force } : undefined, call),
  };
}

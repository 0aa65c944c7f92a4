/** `millrace`: the server as a library. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type App, type AppOverrides, createApp } from './app.js';
import type { AnyModel, Inputs, ModelTypes, Outputs } from './client/index.js';
import { createSettings, type PartialSettings } from './config/index.js';
import type { ModelStatus } from './engine/index.js';
import { createLocalModel, type LocalInferOptions, type LocalModel, localCall } from './local-infer.js';
import { checkFolders } from './repository/index.js';
import type { Addresses, FetchOptions } from './server/index.js';
import type { ReloadResult } from './service/index.js';

export type {
  AnyModel,
  InferResult,
  Inputs,
  InputValue,
  ModelTypes,
  Outputs,
  OutputTensor,
  SequenceStep,
} from './client/index.js';
export type { PartialSettings, Settings } from './config/index.js';
export {
  type Call,
  type CallContext,
  type Datatype,
  type ErrorCode,
  type FinishReason,
  type GenerationDelta,
  type GenerationParameters,
  type InferRequest,
  type InferResponse,
  type InferTarget,
  MillraceError,
  type NumericArray,
  type Prompt,
  type ResponseFormat,
  type Tensor,
  type TokenLogprob,
  type ToolCallDelta,
  type ToolChoice,
  type Usage,
} from './core/index.js';
export type { ModelInfo, ModelStatus } from './engine/index.js';
export {
  type Conversation,
  conversationPrompt,
  joinToolCalls,
  type Message,
  type MessagePart,
  type Tool,
  type ToolCall,
  textPrompt,
  tokensPrompt,
} from './generation/index.js';
export type { LocalInferOptions, LocalModel } from './local-infer.js';
export type {
  CreateDialect,
  DecodeFunction,
  Dialect,
  DialectContext,
  GrpcMethod,
  GrpcPart,
  ModelsDescription,
  Route,
  RouteBody,
  RouteRequest,
  SharedMembers,
  WireResponse,
  WireStream,
} from './protocols/index.js';
export {
  type ChoicePiece,
  Choices,
  type ChoicesRequest,
  event,
  eventStream,
  Fields,
  type Generated,
} from './protocols/index.js';
export type { RuntimeManifest } from './runtimes/index.js';
export type { Address, Addresses, DialectAddresses, FetchOptions } from './server/index.js';
export type {
  InferenceListener,
  InferenceObserver,
  ObservedInference,
  ReloadResult,
  Resolved,
  Service,
} from './service/index.js';
export { VERSION } from './version.js';

/** A server inside this process. It installs no signal handlers and shares nothing with another one. */
export interface Millrace extends AsyncDisposable {
  /** A model, or one version of it; nothing is run yet. `M` comes from `millrace types <model>`. */
  model<M extends ModelTypes = AnyModel>(name: string, options?: { readonly version?: number }): LocalModel<M>;
  /** Runs one inference without a socket: the outputs of {@link model}'s infer. Rejects with MillraceError. */
  infer<M extends ModelTypes = AnyModel>(
    model: string,
    inputs: Inputs<M>,
    options?: LocalInferOptions<M>,
  ): Promise<Outputs<M>>;
  /** Every known version and where it stands. */
  models(): readonly ModelStatus[];
  /** Loads a model's selected versions (again); needs `repository.controlMode: explicit`. */
  load(model: string): Promise<void>;
  /** Unloads a model; needs `repository.controlMode: explicit`. */
  unload(model: string): Promise<void>;
  /** Reads the files that the settings name again: those of keys and of TLS. Problems are in the result. */
  reload(): Promise<ReloadResult>;
  /** Opens the ports of the settings. */
  listen(): Promise<Addresses>;
  /** Answers a request of an HTTP server of your own; its body must not have been read. */
  handler(req: IncomingMessage, res: ServerResponse): void;
  /**
   * Answers a request as {@link handler} does, in the form of the web's `fetch`: its body must not have been read. The caller is never
   * local: it has a key, is whom `options` name, or is anonymous. Rejects with the reason of the request's signal, with `invalid_argument`
   * for options that make no sense, and with `internal` where there can be no answer.
   */
  fetch(request: Request, options?: FetchOptions): Promise<Response>;
  /** Lets accepted requests finish, then ends everything. */
  close(): Promise<void>;
}

export interface CreateMillraceOptions extends AppOverrides {
  /** Any part of `millrace.yaml`; the rest has its defaults. */
  readonly settings?: PartialSettings;
}

/**
 * Builds a server and loads its models; a model that fails to load is in `models()` with its reason. Rejects with
 * MillraceError for settings that make no sense and for a repository that is no folder. Close what it resolves to: runner
 * processes and the event loop are kept alive until then.
 */
export async function createMillrace(options: CreateMillraceOptions = {}): Promise<Millrace> {
  const settings = createSettings(options.settings ?? {});
  await checkFolders(settings.repository.paths, '; name a folder in repository.paths');
  const app = await createApp(settings, options);
  try {
    await app.start();
  } catch (error) {
    await app.close();
    throw error;
  }
  return facade(app);
}

function facade(app: App): Millrace {
  return {
    model: (name, { version } = {}) => createLocalModel(app, name, version),
    async infer<M extends ModelTypes>(model: string, inputs: Inputs<M>, options?: LocalInferOptions<M>) {
      return (await createLocalModel<M>(app, model, undefined).infer(inputs, options)).outputs;
    },
    models: () => app.engine.statuses(),
    async load(model) {
      await app.service.models.loadModel(localCall(app), model, {});
    },
    async unload(model) {
      await app.service.models.unloadModel(localCall(app), model);
    },
    reload: () => app.reload('the program'),
    listen: () => app.listen(),
    handler: (req, res) => app.handler(req, res),
    fetch: (request, fetchOptions) => app.fetch(request, fetchOptions),
    close: () => app.close({ drainDelayMs: 0 }),
    [Symbol.asyncDispose]: () => app.close({ drainDelayMs: 0 }),
  };
}

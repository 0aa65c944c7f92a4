/** `millrace`: the server as a library. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type App, type AppOverrides, createApp } from './app.js';
import { createSettings, type PartialSettings } from './config/index.js';
import type { ModelStatus } from './engine/index.js';
import { type InferInputs, type InferOutputs, type LocalInferOptions, localCall, runLocally } from './local-infer.js';
import type { Addresses } from './server/index.js';

export type { OutputTensor } from './client/index.js';
export type { PartialSettings, Settings } from './config/index.js';
export { type Datatype, type ErrorCode, MillraceError, type NumericArray } from './core/index.js';
export type { ModelInfo, ModelStatus } from './engine/index.js';
export type { InferInputs, InferOutputs, LocalInferOptions } from './local-infer.js';
export type { Address, Addresses } from './server/index.js';
export { VERSION } from './version.js';

/** A server inside this process. It installs no signal handlers and shares nothing with another one. */
export interface Millrace extends AsyncDisposable {
  /** Runs one inference without a socket. Rejects with MillraceError. */
  infer(model: string, inputs: InferInputs, options?: LocalInferOptions): Promise<InferOutputs>;
  /** Every known version and where it stands. */
  models(): readonly ModelStatus[];
  /** Loads a model's selected versions (again); needs `repository.controlMode: explicit`. */
  load(model: string): Promise<void>;
  /** Unloads a model; needs `repository.controlMode: explicit`. */
  unload(model: string): Promise<void>;
  /** Opens the ports of the settings. */
  listen(): Promise<Addresses>;
  /** Answers a request of an HTTP server of your own; its body must not have been read. */
  handler(req: IncomingMessage, res: ServerResponse): void;
  /** Lets accepted requests finish, then ends everything. */
  close(): Promise<void>;
}

export interface CreateMillraceOptions extends AppOverrides {
  /** Any part of `millrace.yaml`; the rest has its defaults. */
  readonly settings?: PartialSettings;
}

/** Builds a server and loads its models; a model that fails to load is in `models()` with its reason. */
export async function createMillrace(options: CreateMillraceOptions = {}): Promise<Millrace> {
  const app = await createApp(createSettings(options.settings ?? {}), options);
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
    infer: (model, inputs, options) => runLocally(app, { model, inputs }, options),
    models: () => app.engine.statuses(),
    async load(model) {
      await app.service.loadModel(localCall(app), model, {});
    },
    async unload(model) {
      await app.service.unloadModel(localCall(app), model);
    },
    listen: () => app.listen(),
    handler: (req, res) => app.handler(req, res),
    close: () => app.close({ drainDelayMs: 0 }),
    [Symbol.asyncDispose]: () => app.close({ drainDelayMs: 0 }),
  };
}

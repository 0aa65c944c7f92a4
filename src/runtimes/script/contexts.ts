import type { LogLevel } from '../../core/index.js';
import type { BatchContext, ModelContext, ModelLog, OtherModel, RequestContext } from '../../model/index.js';
import type { CallModel } from '../model-calls.js';
import { otherModel } from './call-model.js';
import { ScriptRequest } from './request.js';

/** What a script learns about itself, once loaded. */
export interface ModelIdentity {
  readonly name: string;
  readonly version: number;
  readonly folder: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export function createModelContext<Loaded>(
  identity: ModelIdentity,
  log: ModelLog,
  loaded: Loaded,
): ModelContext<Loaded> {
  return { ...identity, log, loaded };
}

export function createLog(report: (level: LogLevel, message: string) => void): ModelLog {
  return {
    debug: (message) => report('debug', String(message)),
    info: (message) => report('info', String(message)),
    warn: (message) => report('warn', String(message)),
    error: (message) => report('error', String(message)),
  };
}

/** The context of each request is made from that of the model: its own part is the call on whose behalf it acts. */
export class ItemContext implements RequestContext {
  readonly #model: ModelContext;
  readonly #callModel: CallModel;
  readonly #callId: number;

  constructor(model: ModelContext, callModel: CallModel, callId: number) {
    this.#model = model;
    this.#callModel = callModel;
    this.#callId = callId;
  }

  get name(): string {
    return this.#model.name;
  }

  get version(): number {
    return this.#model.version;
  }

  get folder(): string {
    return this.#model.folder;
  }

  get parameters(): Readonly<Record<string, string>> {
    return this.#model.parameters;
  }

  get log(): ModelLog {
    return this.#model.log;
  }

  get loaded(): unknown {
    return this.#model.loaded;
  }

  /** A getter, so that it can be taken out of the context by destructuring. */
  get model(): RequestContext['model'] {
    const call = (name: string, options?: { readonly version?: number }): OtherModel =>
      otherModel(this.#callModel, { name, version: options?.version, callId: this.#callId });
    // What the other model's outputs are is for the script to know.
    return call as RequestContext['model'];
  }
}

/** The context of a batch; `of` gives that of one of its requests. */
export function createBatchContext(model: ModelContext, callModel: CallModel): BatchContext {
  return {
    ...model,
    of(request) {
      if (request instanceof ScriptRequest) return new ItemContext(model, callModel, request.callId);
      throw new TypeError('context.of: expected one of the requests of the batch');
    },
  };
}

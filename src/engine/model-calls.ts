import {
  type Call,
  type Clock,
  type InferRequest,
  type InferResponse,
  invalidArgument,
  MillraceError,
  msg,
  namedModel,
} from '../core/index.js';
import type { CallModel, ModelAnswer, ModelRequest } from '../runtimes/index.js';
import type { Pending } from './pending.js';
import type { Infer, InferResult } from './types.js';

/** Models that may call each other for one request, the first one included. */
const MAX_DEPTH = 16;

export interface ModelCallsOptions {
  /** The model that calls. */
  readonly modelName: string;
  readonly clock: Clock;
  readonly infer: Infer;
  /** Models that its configuration names as its steps. */
  readonly steps?: ReadonlySet<string>;
  /** The request that the model is executing under that id. */
  readonly parent: (callId: number) => Pending | undefined;
}

/** How one model reaches the others: with the principal, deadline, trace, priority and queue time-out of its own request. */
export function createCallModel(options: ModelCallsOptions): CallModel {
  return (callId, request) => new ModelCall(options, callId, request);
}

const DONE = { done: true, value: undefined } as const;

/** A call of another model: begins at once, ends with its last answer, when it is left, or with the request behind it. */
class ModelCall implements AsyncIterableIterator<ModelAnswer> {
  readonly #options: ModelCallsOptions;
  readonly #result: Promise<InferResult>;
  #parent: Pending | undefined;
  #call: Call | undefined;
  #answers: AsyncIterator<InferResponse> | undefined;
  #awaited = false;
  #ended = false;

  constructor(options: ModelCallsOptions, callId: number, request: ModelRequest) {
    this.#options = options;
    this.#result = this.#begin(callId, request);
    // Whoever reads gets to know; nobody has to read.
    this.#result.then(
      () => this.#awaits(false),
      () => this.#end(),
    );
  }

  async next(): Promise<IteratorResult<ModelAnswer>> {
    if (this.#ended) return this.#result.then(() => DONE);
    try {
      const result = await this.#result;
      if (result.kind === 'one') {
        this.#end();
        return { done: false, value: toAnswer(result.response) };
      }
      this.#answers ??= result.responses[Symbol.asyncIterator]();
      this.#awaits(true);
      const { done, value } = await this.#answers.next();
      this.#awaits(false);
      if (done) {
        this.#end();
        return DONE;
      }
      return { done: false, value: toAnswer(value) };
    } catch (error) {
      this.#call?.cancel(new MillraceError('cancelled', 'an answer has failed'));
      this.#end();
      throw error;
    }
  }

  return(): Promise<IteratorResult<ModelAnswer>> {
    this.#call?.cancel(new MillraceError('cancelled', 'the model that called has left'));
    this.#end();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #begin(callId: number, request: ModelRequest): Promise<InferResult> {
    const { modelName, clock, infer, steps } = this.#options;
    const parent = this.#options.parent(callId);
    if (parent === undefined || parent.ended) {
      throw new MillraceError(
        'failed_precondition',
        msg`${namedModel(modelName)} calls '${request.modelName}' for a request that it is not executing`,
      );
    }
    checkChain([...parent.call.callers, modelName, request.modelName]);
    const call = parent.call.child({ receivedAt: clock.now(), caller: modelName });
    this.#call = call;
    this.#parent = parent;
    this.#awaits(true);
    const { modelName: name, modelVersion: version } = request;
    const target = { name, version, isStep: steps?.has(name) ?? false };
    return infer(call, target, toInferRequest(request, parent.request));
  }

  /** Meanwhile its caller does not hang. */
  #awaits(awaited: boolean): void {
    const parent = this.#parent;
    if (parent === undefined || this.#ended || awaited === this.#awaited) return;
    const now = this.#options.clock.now();
    this.#awaited = awaited;
    if (awaited && parent.awaitedCalls === 0) parent.awaitedSince = now;
    parent.awaitedCalls += awaited ? 1 : -1;
    if (!awaited && parent.awaitedCalls === 0) parent.call.timing.calledMs += now - parent.awaitedSince;
    parent.lastSignAt = now;
  }

  #end(): void {
    if (this.#ended) return;
    this.#awaits(false);
    this.#ended = true;
    this.#call?.end();
  }
}

function checkChain(chain: readonly string[]): void {
  const [caller, called] = chain.slice(-2);
  const way = chain.join(' → ');
  if (chain.indexOf(called as string) < chain.length - 1) {
    throw invalidArgument(
      msg`${namedModel(caller as string)} calls '${called as string}', which is already being run for this request: ${way}`,
    );
  }
  if (chain.length > MAX_DEPTH) {
    throw invalidArgument(
      msg`${namedModel(caller as string)} calls '${called as string}', but at most ${MAX_DEPTH} models may call each other for one request: ${way}`,
    );
  }
}

/** Its place in the queue is as urgent as that of the request behind it. */
function toInferRequest(request: ModelRequest, { priority, queueTimeoutMs }: InferRequest): InferRequest {
  const { inputs, outputs, parameters, sequence } = request;
  return {
    id: '',
    inputs,
    outputs: outputs?.map((name) => ({ name, classificationCount: 0 })),
    parameters,
    priority,
    queueTimeoutMs,
    sequence,
  };
}

function toAnswer({ outputs, parameters, error }: InferResponse): ModelAnswer {
  if (error !== undefined) throw error;
  return { outputs, parameters };
}

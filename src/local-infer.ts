import { randomUUID } from 'node:crypto';
import type { App } from './app.js';
import { type InputValue, type OutputTensor, type SequenceStep, toOutput, toTensor } from './client/index.js';
import { Call, type InferRequest, MillraceError, type Parameters, type SequenceControl } from './core/index.js';
import { ANONYMOUS } from './governance/index.js';
import type { InferResult } from './service/index.js';

/** Inputs by name: typed arrays, nested lists, strings, or `{ data, shape, datatype }`. */
export type InferInputs = Readonly<Record<string, InputValue>>;
/** Outputs by name. */
export type InferOutputs = Readonly<Record<string, OutputTensor>>;

export interface LocalInferOptions {
  /** Default: the version that the policy chooses. */
  readonly version?: number;
  /** Only these outputs; default all. */
  readonly outputs?: readonly string[];
  /** Longest the whole call may take; default `server.requestTimeoutMs`. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** 1 = highest; default the model's. */
  readonly priority?: number;
  /** Longest wait in the model's queue. */
  readonly queueTimeoutMs?: number;
  /** Which sequence it is a step of, for models that keep state between requests. */
  readonly sequence?: SequenceStep;
  /** Passed to the model. */
  readonly parameters?: Parameters;
}

/** A call from inside the process: everything is allowed. */
export function localCall(app: App, timeoutMs: number = app.settings.server.requestTimeoutMs): Call {
  const receivedAt = app.clock.now();
  return new Call({
    requestId: randomUUID(),
    principal: { ...ANONYMOUS, name: 'local' },
    trace: undefined,
    deadlineAt: receivedAt + timeoutMs,
    receivedAt,
  });
}

interface LocalInfer {
  readonly model: string;
  readonly inputs: InferInputs;
}

/** Runs one inference without a socket, along the same way as every dialect. */
export function runLocally(
  app: App,
  { model, inputs }: LocalInfer,
  options: LocalInferOptions = {},
): Promise<InferOutputs> {
  return runCall(app, { model, inputs, options }, async (result, call) => {
    if (result.kind === 'many') {
      const message = `model '${model}' answers any number of times; infer returns one answer`;
      const refusal = new MillraceError('unimplemented', message);
      call.cancel(refusal);
      throw refusal;
    }
    return Object.fromEntries(result.response.outputs.map((tensor) => [tensor.name, toOutput(tensor)]));
  });
}

/** Runs one inference and reads all of its answers, however many; resolves with their number. */
export function drainLocally(app: App, { model, inputs }: LocalInfer, options: LocalInferOptions): Promise<number> {
  return runCall(app, { model, inputs, options }, async (result) => {
    if (result.kind === 'one') return 1;
    let answers = 0;
    for await (const { error } of result.responses) {
      if (error !== undefined) throw error;
      answers++;
    }
    return answers;
  });
}

async function runCall<Value>(
  app: App,
  request: LocalRequest,
  read: (result: InferResult, call: Call) => Promise<Value>,
): Promise<Value> {
  const { options } = request;
  const call = localCall(app, options.timeoutMs);
  const { signal } = options;
  const abort = () => call.cancel(new MillraceError('cancelled', 'the caller aborted', { cause: signal?.reason }));
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await read(await app.service.infer(call, createRequest(app, call, request)), call);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

interface LocalRequest extends LocalInfer {
  readonly options: LocalInferOptions;
}

function createRequest(app: App, call: Call, { model, inputs, options }: LocalRequest): InferRequest {
  const { signature } = app.service.modelInfo(call, model, options.version).info;
  return {
    id: '',
    modelName: model,
    modelVersion: options.version,
    inputs: Object.entries(inputs).map(([name, value]) =>
      toTensor(
        name,
        value,
        signature.inputs.find((spec) => spec.name === name),
      ),
    ),
    outputs: options.outputs?.map((name) => ({ name, classificationCount: 0 })),
    parameters: options.parameters ?? {},
    priority: options.priority ?? 0,
    queueTimeoutMs: options.queueTimeoutMs,
    sequence: options.sequence && toControl(options.sequence),
  };
}

function toControl({ id, start = false, end = false }: SequenceStep): SequenceControl {
  if (typeof id === 'number' && !Number.isSafeInteger(id)) {
    throw new MillraceError(
      'invalid_argument',
      `sequence.id: expected an integer up to 2^53, a bigint or text, got ${id}`,
    );
  }
  return { id: typeof id === 'number' ? BigInt(id) : id, start, end };
}

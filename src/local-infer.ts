import { randomUUID } from 'node:crypto';
import type { App } from './app.js';
import { type InputValue, type OutputTensor, toOutput, toTensor } from './client/index.js';
import { Call, type InferRequest, MillraceError, type Parameters } from './core/index.js';
import { ANONYMOUS } from './governance/index.js';

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

/** Runs one inference without a socket, along the same way as every dialect. */
export async function runLocally(
  app: App,
  { model, inputs }: { readonly model: string; readonly inputs: InferInputs },
  options: LocalInferOptions = {},
): Promise<InferOutputs> {
  const call = localCall(app, options.timeoutMs);
  const { signal } = options;
  const abort = () => call.cancel(new MillraceError('cancelled', 'the caller aborted', { cause: signal?.reason }));
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const request = createRequest(app, call, { model, inputs, options });
    const result = await app.service.infer(call, request);
    if (result.kind === 'many') {
      const message = `model '${model}' answers any number of times; infer returns one answer`;
      const refusal = new MillraceError('unimplemented', message);
      call.cancel(refusal);
      throw refusal;
    }
    return Object.fromEntries(result.response.outputs.map((tensor) => [tensor.name, toOutput(tensor)]));
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

interface LocalRequest {
  readonly model: string;
  readonly inputs: InferInputs;
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
    sequence: undefined,
  };
}

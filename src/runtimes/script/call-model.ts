import {
  arrayDatatype,
  type Datatype,
  elementCount,
  encodeElements,
  flatten,
  formatElementCount,
  formatTensorType,
  invalidArgument,
  isExplicit,
  type Message,
  MillraceError,
  msg,
  namedModel,
  type Tensor,
} from '../../core/index.js';
import type { CallInputs, ModelAnswerOf, ModelCallOptions, OtherModel } from '../../model/index.js';
import type { CallModel, ModelAnswer, ModelRequest } from '../model-calls.js';
import { TensorView } from './tensor-view.js';

interface Target {
  readonly name: string;
  readonly version: number | undefined;
  /** The item on whose behalf the model is called. */
  readonly callId: number;
}

/** Another model of the server, for one item. */
export function otherModel(callModel: CallModel, { name, version, callId }: Target): OtherModel {
  const answers = (inputs: CallInputs, options: ModelCallOptions): AsyncIterable<ModelAnswer> =>
    callModel(callId, toRequest({ name, version }, inputs, options));
  return {
    async infer(inputs, options = {}) {
      options.signal?.throwIfAborted();
      const iterator = answers(inputs, options)[Symbol.asyncIterator]();
      try {
        return toAnswer(await until(options.signal, () => onlyOf(iterator, name)));
      } catch (error) {
        leave(iterator);
        throw error;
      }
    },
    async *stream(inputs, options = {}) {
      const iterator = answers(inputs, options)[Symbol.asyncIterator]();
      try {
        for (;;) {
          const { done, value } = await until(options.signal, () => iterator.next());
          if (done) return;
          yield toAnswer(value);
        }
      } finally {
        leave(iterator);
      }
    },
  };
}

async function onlyOf(answers: AsyncIterator<ModelAnswer>, name: string): Promise<ModelAnswer> {
  const first = await answers.next();
  if (first.done) throw fault(msg`${namedModel(name)} ended without an answer; use stream instead of infer`);
  const { done } = await answers.next();
  if (!done) throw fault(msg`${namedModel(name)} answered more than once; use stream instead of infer`);
  return first.value;
}

/** Nobody waits for how it ends: that may be long after the reader has left. */
function leave(answers: AsyncIterator<ModelAnswer>): void {
  void Promise.resolve(answers.return?.()).catch(() => undefined);
}

/** What `work` gives, or the reason of the signal when that comes first. */
async function until<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  if (signal === undefined) return work();
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}

function toRequest(
  { name, version }: Omit<Target, 'callId'>,
  inputs: CallInputs,
  { outputs, parameters = {}, sequence }: ModelCallOptions,
): ModelRequest {
  return {
    modelName: name,
    modelVersion: version,
    inputs: Object.entries(inputs).map(([input, value]) => toTensor(input, value)),
    outputs,
    parameters,
    ...(sequence === undefined
      ? {}
      : { sequence: { id: sequence.id, start: sequence.start ?? false, end: sequence.end ?? false } }),
  };
}

function toTensor(name: string, value: unknown): Tensor {
  if (value instanceof TensorView) return { name, datatype: value.datatype, shape: value.shape, data: value.raw };
  const place = `input '${name}'`;
  const explicit = isExplicit(value) ? value : undefined;
  const data = explicit === undefined ? value : explicit.data;
  const { elements, shape: shown } = flatten(place, data, explicit?.datatype === 'BYTES');
  const datatype = explicit?.datatype ?? arrayDatatype(data) ?? datatypeOf(elements[0]);
  // Signatures that mean one value say [1]; a tensor without dimensions says its shape.
  const shape = explicit?.shape ?? (shown.length === 0 ? [1] : shown);
  if (elementCount(shape) !== elements.length) {
    const message = `${place}: ${formatTensorType(datatype, shape)} does not hold ${formatElementCount(elements.length)}`;
    throw invalidArgument(message);
  }
  return { name, datatype, shape, data: encodeElements(place, datatype, elements) };
}

function datatypeOf(element: unknown): Datatype {
  if (typeof element === 'string') return 'BYTES';
  if (typeof element === 'boolean') return 'BOOL';
  return typeof element === 'bigint' ? 'INT64' : 'FP32';
}

function toAnswer({ outputs, parameters }: ModelAnswer): ModelAnswerOf {
  return { outputs: Object.fromEntries(outputs.map((tensor) => [tensor.name, new TensorView(tensor)])), parameters };
}

function fault(message: Message): MillraceError {
  return new MillraceError('internal', message);
}

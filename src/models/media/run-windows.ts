import { randomUUID } from 'node:crypto';
import {
  type Call,
  type Clock,
  type InferRequest,
  type InferResponse,
  invalidArgument,
  MillraceError,
  msg,
  namedModel,
  type SequenceControl,
  type Tensor,
  type TensorSpec,
  type Timing,
} from '../../core/index.js';
import type { Engine, ModelInfo } from '../../engine/index.js';
import { askVersion } from '../../engine/index.js';
import type { DecodedRequest } from './decode-inputs.js';

/** Requests of one sound that may wait or run at a time. */
const MAX_UNDER_WAY = 16;

interface WindowsSetup {
  readonly engine: Pick<Engine, 'submit'>;
  readonly clock: Clock;
}

export interface WindowedCall extends DecodedRequest {
  readonly call: Call;
  readonly info: ModelInfo;
}

/**
 * Runs a model on the windows of one sound, as the steps of a sequence where it keeps state, else as many at a time as it takes. The answers
 * are joined in order of time: along the batch axis, or along a new first one. Rejects with the first error.
 */
export async function runWindows({ engine, clock }: WindowsSetup, windowed: WindowedCall): Promise<InferResponse> {
  const { call, info, request } = windowed;
  if (info.decoupled) {
    throw new MillraceError(
      'unimplemented',
      msg`${namedModel(info.ref.name)} may give several answers, which a sound cannot have`,
    );
  }
  const parts = partsOf(windowed);
  const answers: InferResponse[] = [];
  let next = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    while (next < parts.length && !failed) {
      const index = next++;
      try {
        answers[index] = await runPart({ engine, clock }, { call, info, request: parts[index] as InferRequest });
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(MAX_UNDER_WAY, parts.length) }, work));
  return joinAnswers(answers, { request, info });
}

function partsOf({ request, windows, info }: WindowedCall): readonly InferRequest[] {
  const count = windows?.tensor.shape[0] ?? 1;
  const { sequences, maxBatchSize } = info;
  const size = sequences ? 1 : Math.max(1, maxBatchSize);
  const id = request.sequence?.id ?? `${randomUUID()}`;
  const parts: InferRequest[] = [];
  for (let start = 0; start < count; start += size) {
    const end = Math.min(count, start + size);
    const inputs = request.inputs.map((tensor) => partOf(tensor, specOf(info, tensor), { start, end, count }));
    const sequence = sequences ? stepOf(request.sequence, { id, first: start === 0, last: end === count }) : undefined;
    parts.push({ ...request, inputs, outputs: namesOnly(request), sequence });
  }
  return parts;
}

function specOf({ signature, ref }: ModelInfo, { name }: Tensor): TensorSpec {
  const spec = signature.inputs.find((input) => input.name === name);
  if (spec === undefined) throw invalidArgument(msg`${namedModel(ref)} has no input '${name}'`);
  return spec;
}

/** A sound may be a part of its caller's own sequence. */
function stepOf(
  own: SequenceControl | undefined,
  { id, first, last }: { readonly id: string | bigint; readonly first: boolean; readonly last: boolean },
): SequenceControl {
  return { id, start: first && (own?.start ?? true), end: last && (own?.end ?? true) };
}

interface Range {
  readonly start: number;
  readonly end: number;
  /** Of all windows. */
  readonly count: number;
}

/** The rows of an input for some of the windows: their own rows, or the single row shared by all. */
function partOf(tensor: Tensor, spec: TensorSpec, { start, end, count }: Range): Tensor {
  const [rows, ...row] = tensor.shape;
  const windowed = rows === count && (spec.batchAxis === 0 || spec.media !== undefined);
  if (windowed) {
    const bytes = tensor.data.byteLength / count;
    return { ...tensor, shape: [end - start, ...row], data: tensor.data.subarray(start * bytes, end * bytes) };
  }
  if (spec.batchAxis !== 0 || rows !== 1 || end - start === 1) return tensor;
  const data = Buffer.concat(Array<Uint8Array>(end - start).fill(tensor.data));
  return { ...tensor, shape: [end - start, ...row], data };
}

/** Classes are ranked once, in the whole answer. */
function namesOnly({ outputs }: InferRequest): InferRequest['outputs'] {
  return outputs?.map(({ name }) => ({ name, classificationCount: 0 }));
}

async function runPart(
  { engine, clock }: WindowsSetup,
  { call: parent, info, request }: { readonly call: Call; readonly info: ModelInfo; readonly request: InferRequest },
): Promise<InferResponse> {
  const call = parent.child({ receivedAt: clock.now(), isPart: true });
  try {
    const answer = await askVersion(engine, info.ref, { request, call });
    addComputation(parent.timing, call.timing, request.inputs[0]?.shape[0] ?? 1);
    return answer;
  } finally {
    call.end();
  }
}

/** A sound takes what its parts do: of each its share, by rows, of the batch in which it ran. */
function addComputation(to: Timing, part: Timing, rows: number): void {
  const share = part.cache === 'hit' ? 0 : Math.min(1, rows / part.batchRows || 1);
  for (const name of ['computeInputMs', 'computeInferMs', 'computeOutputMs'] as const) to[name] += part[name] * share;
}

function joinAnswers(
  answers: readonly InferResponse[],
  { request, info }: { readonly request: InferRequest; readonly info: ModelInfo },
): InferResponse {
  const [first] = answers;
  if (first === undefined) throw new MillraceError('internal', 'no answer came');
  const outputs = first.outputs.map((output, index) => {
    const parts = answers.map((answer) => answer.outputs[index] as Tensor);
    const spec = info.signature.outputs.find(({ name }) => name === output.name);
    const data = Buffer.concat(parts.map((part) => part.data));
    const [, ...row] = output.shape;
    const rows = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 1), 0);
    const shape = spec?.batchAxis === 0 ? [rows, ...row] : [parts.length, ...output.shape];
    return { ...output, shape, data };
  });
  return { ...first, id: request.id, outputs };
}

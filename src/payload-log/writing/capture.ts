import { type InferResponse, isTraced, type Tensor } from '../../core/index.js';
import { writeGenerationParameters } from '../../generation/index.js';
import type { ObservedInference } from '../../inference/index.js';
import type { PayloadRule } from '../../payloads/index.js';
import { joinAnswer } from '../../shadows/index.js';
import type { CapturedRecord, CapturedTensor, WriteRequest } from './messages.js';

const CHUNK_BYTES = 65_536;
/** What a record takes besides its tensors, about. */
const RECORD_BYTES = 1_024;
const TENSOR_BYTES = 128;

/** A request that has ended, and is to be recorded. */
export interface EndedPayload {
  readonly inference: Pick<ObservedInference, 'call' | 'request' | 'epochMs' | 'info'>;
  readonly inputs: readonly Tensor[];
  readonly responses: readonly InferResponse[];
  readonly rule: number;
  readonly principal: string;
  /** `ok`, or an error code. */
  readonly status: string;
  readonly latencyMs: number;
}

/** Records on their way to the thread: what of them may change is copied. */
export class CapturedGroup {
  readonly #rules: readonly PayloadRule[];
  readonly #records: CapturedRecord[] = [];
  readonly #chunks: Uint8Array[] = [];
  #end = CHUNK_BYTES;
  #sizeBytes = 0;

  constructor(rules: readonly PayloadRule[]) {
    this.#rules = rules;
  }

  get count(): number {
    return this.#records.length;
  }

  /** About. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  add({ inference, inputs, responses, rule, principal, status, latencyMs }: EndedPayload): void {
    const { call, request, epochMs, info } = inference;
    const { timing, trace, requestId } = call;
    const { answeredBy = info.ref, route, arm } = timing;
    const { parameters, generation, sequence, outputs } = request;
    const budget = { leftBytes: this.#rules[rule]?.maxRecordBytes ?? 0 };
    const answer = responses.length === 0 ? undefined : joinAnswer(responses);
    this.#sizeBytes += RECORD_BYTES;
    // Every member each time: objects of one shape are serialised several times as fast as those that are made by spreads.
    this.#records.push({
      rule,
      atMs: epochMs + timing.receivedAt,
      request_id: requestId,
      // Ids of others are not even made.
      trace_id: isTraced(trace) ? trace.traceId : undefined,
      model: answeredBy.name,
      version: answeredBy.version,
      route: route === '' ? undefined : route,
      arm: route === '' ? undefined : arm,
      principal,
      dialect: call.origin.dialect,
      status,
      latency_ms: latencyMs,
      compute_ms: timing.finishedAt > 0 ? timing.finishedAt - timing.startedAt : undefined,
      inputs: this.#tensors(inputs, budget),
      parameters: hasMembers(parameters) ? this.#values(parameters, budget) : undefined,
      generation: generation && this.#values(writeGenerationParameters(generation), budget),
      requested_outputs: outputs?.map(({ name }) => name),
      in_sequence: sequence && true,
      outputs: answer && this.#tensors(answer.outputs, budget),
      finish_reason: answer?.finishReason,
    });
  }

  /** For the thread, with what is to be transferred to it. */
  close(): { readonly request: WriteRequest; readonly transfer: readonly ArrayBuffer[] } {
    const request = { records: JSON.stringify(this.#records), chunks: this.#chunks };
    return { request, transfer: this.#chunks.map(({ buffer }) => buffer as ArrayBuffer) };
  }

  #tensors(tensors: readonly Tensor[], budget: Budget): readonly CapturedTensor[] {
    return tensors.map(({ name, datatype, shape, data }) => {
      this.#sizeBytes += TENSOR_BYTES;
      return { name, datatype, shape, at: this.#copy(data, budget) };
    });
  }

  #copy(data: Uint8Array, budget: Budget): CapturedTensor['at'] {
    const { length } = data;
    if (length > budget.leftBytes) return [-1, 0, 0];
    budget.leftBytes -= length;
    if (this.#end + length > (this.#chunks.at(-1)?.length ?? 0)) {
      const chunk = new Uint8Array(Math.max(CHUNK_BYTES, length));
      this.#sizeBytes += chunk.length;
      this.#chunks.push(chunk);
      this.#end = 0;
    }
    const offset = this.#end;
    this.#chunks.at(-1)?.set(data, offset);
    // Aligned for every datatype.
    this.#end = (offset + length + 7) & ~7;
    return [this.#chunks.length - 1, offset, length];
  }

  /** Members as JSON has them, as far as there is room. */
  #values(values: Readonly<Record<string, unknown>>, budget: Budget): Readonly<Record<string, unknown>> {
    const text = JSON.stringify(values, (_, value) => (typeof value === 'bigint' ? String(value) : value));
    if (text.length > budget.leftBytes) return { truncated: true };
    budget.leftBytes -= text.length;
    this.#sizeBytes += 2 * text.length;
    return JSON.parse(text);
  }
}

interface Budget {
  leftBytes: number;
}

function hasMembers(object: object): boolean {
  for (const _ in object) return true;
  return false;
}

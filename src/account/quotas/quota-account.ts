import type { InferRequest, InferResponse, MillraceError, Timing } from '../../core/index.js';
import type { ModelInfo } from '../../engine/index.js';
import type { Amounts, Reservation, Used } from '../../governance/index.js';
import { type InferenceListener, rowsOf } from '../../inference/index.js';

/** A token takes about so many bytes of text: what counts in the end is what the model says. */
const BYTES_PER_TOKEN = 4;
/** Failures that the caller has not caused. */
const OF_THE_SERVER: ReadonlySet<MillraceError['code']> = new Set([
  'unavailable',
  'resource_exhausted',
  'deadline_exceeded',
  'internal',
  'failed_precondition',
]);

/** A request's demand, as far as it is known before the run. */
export interface Demand extends Amounts {
  /** Of its prompt, about; 0 where there is none. */
  readonly promptTokens: number;
}

/**
 * What a request may take. `tells` = the model has said before what its requests take in tokens: of one that does not generate, that is
 * only known afterwards.
 */
export function demandOf(request: InferRequest, info: ModelInfo, tells: boolean): Demand {
  const promptTokens = info.tasks?.generate === undefined ? 0 : countPrompt(request);
  return {
    requests: 1,
    running: 1,
    rows: rowsOf(request, info),
    tokens: countTokens({ request, info, promptTokens, tells }),
    bytes: countInputs(request),
    computeMs: 0,
    promptTokens,
  };
}

interface CountedRequest {
  readonly request: InferRequest;
  readonly info: ModelInfo;
  readonly promptTokens: number;
  readonly tells: boolean;
}

function countTokens({ request, info, promptTokens, tells }: CountedRequest): number | undefined {
  const generate = info.tasks?.generate;
  if (generate === undefined) return tells ? 0 : undefined;
  const asked = request.generation === undefined ? request.parameters.max_tokens : request.generation.maxTokens;
  const answer = typeof asked === 'number' && asked >= 0 ? asked : generate.maxOutputTokens;
  return Math.min(generate.contextTokens, promptTokens + Math.ceil(answer));
}

function countPrompt({ inputs }: InferRequest): number {
  return inputs.reduce((sum, { datatype, data }) => {
    const perToken = datatype === 'BYTES' ? BYTES_PER_TOKEN : Int32Array.BYTES_PER_ELEMENT;
    return sum + Math.ceil(data.byteLength / perToken);
  }, 0);
}

function countInputs({ inputs, sharedInputs }: InferRequest): number {
  let bytes = 0;
  for (const { data } of inputs) bytes += data.byteLength;
  if (sharedInputs === undefined) return bytes;
  for (const { sizeBytes } of sharedInputs.values()) bytes += sizeBytes;
  return bytes;
}

/** Keeps the accounts. */
export interface AccountBooks {
  /** A request to the version has ended, and what it has taken is counted. */
  settled(info: ModelInfo, timing: Timing): void;
}

interface AccountParts {
  readonly timing: Timing;
  readonly info: ModelInfo;
  readonly demand: Demand;
  readonly reservation: Reservation;
}

/** The quota usage of one request, from its beginning to its end. */
export class QuotaAccount implements InferenceListener {
  readonly #books: AccountBooks;
  readonly #timing: Timing;
  readonly #info: ModelInfo;
  readonly #demand: Demand;
  readonly #reservation: Reservation;
  #answerBytes = 0;

  constructor(books: AccountBooks, { timing, info, demand, reservation }: AccountParts) {
    this.#books = books;
    this.#timing = timing;
    this.#info = info;
    this.#demand = demand;
    this.#reservation = reservation;
  }

  responded({ outputs, sharedOutputs }: InferResponse): void {
    for (const { data } of outputs) this.#answerBytes += data.byteLength;
    if (sharedOutputs === undefined) return;
    for (const { sizeBytes } of sharedOutputs.values()) this.#answerBytes += sizeBytes;
  }

  /** Unused reservations are released. */
  ended(error: MillraceError | undefined): void {
    this.#reservation.settle(this.#used(error));
    this.#books.settled(this.#info, this.#timing);
  }

  #used(error: MillraceError | undefined): Used {
    const demand = this.#demand;
    const { startedAt } = this.#timing;
    if (error !== undefined && startedAt === 0 && this.#answerBytes === 0) {
      const { prepareMs } = this.#timing;
      const requests = prepareMs === 0 && OF_THE_SERVER.has(error.code) ? 0 : demand.requests;
      return { requests, rows: 0, tokens: 0, bytes: 0, computeMs: prepareMs };
    }
    return {
      requests: demand.requests,
      rows: demand.rows,
      tokens: this.#usedTokens(),
      bytes: demand.bytes + this.#answerBytes,
      computeMs: this.#usedComputeMs(),
    };
  }

  /** What the model says; of one that was stopped before it could say anything, its prompt. */
  #usedTokens(): number {
    const { usage } = this.#timing;
    if (usage === undefined) return this.#demand.promptTokens;
    return usage.onlyRead === true ? 0 : usage.promptTokens + usage.completionTokens;
  }

  /** Of a batch, its share by rows, and the time in the model's preparer. */
  #usedComputeMs(): number {
    const { prepareMs, computeInputMs, computeInferMs, computeOutputMs, batchRows } = this.#timing;
    const share = batchRows > 0 ? Math.min(1, Math.max(1, this.#demand.rows) / batchRows) : 1;
    return prepareMs + (computeInputMs + computeInferMs + computeOutputMs) * share;
  }
}

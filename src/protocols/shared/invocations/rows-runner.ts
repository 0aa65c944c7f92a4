import {
  type Call,
  type Clock,
  excerpt,
  type InferRequest,
  type InferResponse,
  invalidArgument,
  NO_PARAMETERS,
  type Parameters,
  type ParameterValue,
  Turns,
} from '../../../core/index.js';
import type { Resolved } from '../../../service/index.js';
import type { DialectContext } from '../../dialect.js';
import { jsonResponse, type RouteRequest } from '../../route.js';
import { LARGE_BYTES, type WireResponse } from '../../wire.js';
import { onlyAnswer, timedEncoding } from '../answer-inference.js';
import type { DecodedInstances, InstancesFormat } from '../instances/decode.js';
import { createInstancesEncoder, type InstancesEncoder } from '../instances/encode.js';
import { decodeMediaBody } from '../media/decode-media.js';
import { asksForLabels, labelRows, onlyClasses } from '../media/label-rows.js';
import { plainRequest } from '../plain-request.js';
import type { BodyHandlers } from './body-handlers.js';
import { DECODE_ROWS, decodeRows } from './decode-rows.js';
import { acceptedRows, CSV_TYPE, csvHeaderOf, JSON_TYPE, LINES_TYPE, type RowsType } from './media-types.js';
import { csvRows, jsonLines } from './rows.js';

const ONLY_ONE = { onlyOne: 'which one answer cannot carry; use generate_stream or gRPC', whole: true };

/** How the answer to a request is written. */
interface AnswerForm {
  readonly format: InstancesFormat;
  readonly type: RowsType;
}

/** What counts of a request whose body may be a photo or a sound. */
export type MediaRequest = Pick<RouteRequest, 'headers' | 'rawHeaders' | 'body' | 'accept'>;

/** A request whose body is rows. */
interface SentRows {
  readonly model: string;
  readonly wire: RouteRequest;
  /** Of what type the body is. */
  readonly sent: RowsType;
}

/** Runs a model on rows in JSON, on lines or as CSV, or on a photo or a sound; the answer is rows as well. */
export class RowsRunner {
  readonly #context: DialectContext;
  readonly #forward: BodyHandlers['forward'];
  readonly #clock: Clock;
  readonly #turns: Turns;
  readonly #encodeInstances: InstancesEncoder;

  constructor(context: DialectContext, { forward }: Pick<BodyHandlers, 'forward'>) {
    this.#context = context;
    this.#forward = forward;
    this.#clock = context.clock;
    this.#turns = new Turns(context.clock);
    this.#encodeInstances = createInstancesEncoder(this.#turns);
  }

  async runRows(call: Call, { model, wire, sent }: SentRows): Promise<WireResponse> {
    const type = acceptedRows(wire.accept, sent);
    return this.#runRows(call, await this.#resolve(call, model), { wire, sent, type });
  }

  /** undefined = the body is no photo and no sound. */
  async runMedia(call: Call, model: string, wire: MediaRequest): Promise<WireResponse | undefined> {
    return this.#runMedia(call, await this.#resolve(call, model), wire);
  }

  /** A body that is no photo and no sound is read as rows in JSON, which says what is wrong with it. */
  async runMediaOrRows(call: Call, model: string, wire: RouteRequest): Promise<WireResponse> {
    const resolved = await this.#resolve(call, model);
    const answer = await this.#runMedia(call, resolved, wire);
    if (answer !== undefined) return answer;
    return this.#runRows(call, resolved, { wire, sent: JSON_TYPE, type: acceptedRows(wire.accept, JSON_TYPE) });
  }

  async #runRows(
    call: Call,
    resolved: Resolved,
    { wire, sent, type }: Omit<SentRows, 'model'> & { readonly type: RowsType },
  ): Promise<WireResponse> {
    const { format, inputs, members } = await this.#decode(call, wire, { resolved, type: sent });
    const request = plainRequest(inputs, readParameters(members.parameters));
    return this.#run(call, { resolved, request, wire }, { format, type });
  }

  async #runMedia(call: Call, resolved: Resolved, wire: MediaRequest): Promise<WireResponse | undefined> {
    const media = decodeMediaBody(wire, resolved);
    if (media === undefined) return undefined;
    const request = onlyClasses(media);
    return this.#run(call, { resolved, request, wire }, { format: 'row', type: acceptedRows(wire.accept, JSON_TYPE) });
  }

  async #resolve(call: Call, model: string): Promise<Resolved> {
    return this.#context.service.inference.resolve(call, { name: model, version: undefined }, ONLY_ONE);
  }

  #decode(
    call: Call,
    { body, headers }: RouteRequest,
    { resolved, type }: { readonly resolved: Resolved; readonly type: RowsType },
  ): DecodedInstances | Promise<DecodedInstances> {
    const header = type === CSV_TYPE ? csvHeaderOf(headers['content-type']) : undefined;
    const job = { type, header, body, signature: resolved.info.signature };
    if (body.length <= LARGE_BYTES) return decodeRows(job);
    return this.#context.decoder.decode(call, DECODE_ROWS, { input: job, moves: [body] });
  }

  async #run(
    call: Call,
    asked: { readonly resolved: Resolved; readonly request: InferRequest; readonly wire: MediaRequest },
    form: AnswerForm,
  ): Promise<WireResponse> {
    const { resolved, request, wire } = asked;
    const complete = this.#forward(request, wire.rawHeaders);
    call.timing.decodedAt = this.#clock.now();
    const result = await this.#context.service.inference.infer(call, resolved, complete);
    const response = onlyAnswer(result);
    return timedEncoding({ clock: this.#clock }, call, () => this.#encode(complete, response, form));
  }

  async #encode(request: InferRequest, response: InferResponse, { format, type }: AnswerForm): Promise<WireResponse> {
    const { outputs } = response;
    switch (type) {
      case JSON_TYPE:
        if (asksForLabels(request)) return jsonResponse({ predictions: labelRows(outputs) });
        return this.#encodeInstances({ format, outputs });
      case CSV_TYPE:
        return this.#inPieces(type, csvRows(outputs));
      case LINES_TYPE:
        return this.#inPieces(type, jsonLines(outputs));
      default:
        return type satisfies never;
    }
  }

  /** Others have their turn between two pieces. */
  async #inPieces(type: string, pieces: Iterable<Uint8Array>): Promise<WireResponse> {
    const body: Uint8Array[] = [];
    for (const piece of pieces) {
      if (body.length > 0) await this.#turns.next();
      body.push(piece);
    }
    return { status: 200, headers: { 'content-type': type }, body };
  }
}

const MAX_PARAMETERS = 256;

/** The `parameters` of a request, as `JSON.parse` gives them; those that are null are left out. Throws `invalid_argument`. */
function readParameters(value: unknown): Parameters {
  if (value === undefined || value === null) return NO_PARAMETERS;
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw invalidArgument(`'parameters': expected an object, got ${Array.isArray(value) ? 'an array' : typeof value}`);
  }
  const entries = Object.entries(value).filter(([, each]) => each !== null);
  if (entries.length > MAX_PARAMETERS) {
    throw invalidArgument(`'parameters': expected at most ${MAX_PARAMETERS}, got ${entries.length}`);
  }
  if (entries.some(([name]) => name === ''))
    throw invalidArgument(`'parameters': expected names, got ${excerpt("''")}`);
  // JSON has no other values.
  return Object.fromEntries(entries) as Readonly<Record<string, ParameterValue>>;
}

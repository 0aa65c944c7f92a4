import { isObject } from '../../core/index.js';
import { Fields } from '../shared/generation/fields.js';
import { IgnoredNames, type UnknownParameters } from '../shared/generation/ignored-names.js';
import { parseBody } from '../shared/text-body/parse-body.js';
import { type CountRequest, decodeCount, decodeMessage, type MessageRequest } from './decode-request.js';

/** What bodies are read as. */
export interface Requests {
  readonly message: MessageRequest;
  readonly count: CountRequest;
}

export type RequestKind = keyof Requests;

/** A request as it was read. */
export interface ReadRequest<Kind extends RequestKind> {
  readonly request: Requests[Kind];
  /** Members of the body that have no effect on the answer. */
  readonly ignored: readonly string[];
}

/** How a body is read. */
export interface Reading<Kind extends RequestKind> {
  readonly kind: Kind;
  /** The model that counts. */
  readonly model: string;
  readonly unknown: UnknownParameters;
}

/** A body on its way to the decoding thread. */
export interface UnreadBody<Kind extends RequestKind> extends Reading<Kind> {
  readonly body: Uint8Array;
}

const DECODERS: { readonly [Kind in RequestKind]: (fields: Fields) => Requests[Kind] } = {
  message: decodeMessage,
  count: decodeCount,
};

/** The request of a body that was not parsed. Throws `invalid_argument` and `ParameterError`. */
export function decodeUnread<Kind extends RequestKind>({ body, ...reading }: UnreadBody<Kind>): ReadRequest<Kind> {
  return decodeValue(parseBody(body), reading);
}

/** The request of a parsed body. Throws `ParameterError`. */
export function decodeValue<Kind extends RequestKind>(
  value: unknown,
  { kind, model, unknown }: Reading<Kind>,
): ReadRequest<Kind> {
  const ignored = new IgnoredNames(unknown);
  const request = DECODERS[kind](Fields.of(isObject(value) ? { ...value, model } : value, '', ignored));
  return { request, ignored: ignored.names };
}

import type { Call } from '../../../core/index.js';
import type { GrpcMessage, UnaryMethod } from '../../shared/grpc/method.js';
import { MESSAGES } from './schema.js';

const SERVICE = '/inference.GRPCInferenceService/';

/** `/inference.GRPCInferenceService/{name}`. */
export function pathOf(name: string): string {
  return `${SERVICE}${name}`;
}

/** How a method that is seldom called is built. */
export interface PlainMethod<Request> {
  readonly name: string;
  readonly access?: 'public';
  readonly control?: true;
  /** Takes the request as `MESSAGES.decodeToJson` gives it, and returns the answer in the same form. */
  readonly answer: (call: Call, request: Request) => object | Promise<object>;
}

/** A method whose messages `{name}Request` and `{name}Response` go through the generic codec. */
export function plainMethod<Request = unknown>(method: PlainMethod<Request>): UnaryMethod {
  const { name, access = 'key', control = false, answer } = method;
  return {
    kind: 'unary',
    path: pathOf(name),
    access,
    control,
    handle: (call, message) => {
      // The schema says what is there; the type repeats it.
      const request = MESSAGES.decodeToJson(`${name}Request`, message) as Request;
      const json = answer(call, request);
      return json instanceof Promise ? json.then((value) => encode(name, value)) : encode(name, json);
    },
  };
}

function encode(name: string, json: object): GrpcMessage {
  return MESSAGES.encodeFromJson(`${name}Response`, json);
}

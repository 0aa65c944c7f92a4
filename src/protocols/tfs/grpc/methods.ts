import type { Call } from '../../../core/index.js';
import type { GrpcMessage, UnaryMethod } from '../../shared/grpc/method.js';
import { MESSAGES } from './schema.js';

/** A method that is seldom called, whose messages go through the generic codec. */
export interface PlainMethod<Request> {
  /** `PredictionService/GetModelMetadata`. */
  readonly path: string;
  /** Name of its request. */
  readonly request: string;
  readonly control?: true;
  /** Takes the request as `MESSAGES.decodeToJson` gives it. */
  readonly answer: (call: Call, request: Request) => GrpcMessage | Promise<GrpcMessage>;
}

/** `/tensorflow.serving.{name}`. */
export function pathOf(name: string): string {
  return `/tensorflow.serving.${name}`;
}

export function plainMethod<Request>({ path, request, control, answer }: PlainMethod<Request>): UnaryMethod {
  return {
    kind: 'unary',
    path: pathOf(path),
    access: 'key',
    control: control === true,
    // The schema says what is there; the type repeats it.
    handle: (call, message) => answer(call, MESSAGES.decodeToJson(request, message) as Request),
  };
}

/** A `ModelSpec` as protobuf's JSON mapping has it. */
export interface ModelSpecJson {
  readonly name: string;
  readonly version?: string;
  readonly version_label?: string;
  readonly signature_name: string;
}

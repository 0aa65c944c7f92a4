import type { Call, InferRequest } from '../../../core/index.js';
import type { InferTarget } from '../../../service/index.js';
import type { WireRequest, WireResponse, WireStream } from '../../wire.js';

/** Answers a body that is JSON of a language model's protocol, whatever model it names. */
export type AnswerText = (call: Call, model: string, body: Uint8Array) => Promise<WireResponse | WireStream>;

/** What other protocols make of bodies that are theirs, for platforms that pass on any. */
export interface BodyHandlers {
  /** The Open Inference Protocol's infer, with Triton's binary data. */
  readonly infer: (call: Call, target: InferTarget, wire: WireRequest) => Promise<WireResponse>;
  /** Triton's generate. */
  readonly generate: (
    call: Call,
    target: InferTarget & { readonly stream: boolean },
    wire: WireRequest,
  ) => Promise<WireResponse | WireStream>;
  /** OpenAI's chat completions and completions. */
  readonly chat: AnswerText;
  readonly completion: AnswerText;
  /** Makes parameters of the headers that `server.httpHeaderForwardPattern` names. */
  readonly forward: (request: InferRequest, rawHeaders: readonly string[] | undefined) => InferRequest;
}

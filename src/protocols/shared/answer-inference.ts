import { type Call, type Clock, type InferRequest, type InferResponse, MillraceError } from '../../core/index.js';
import type { InferResult, InferTarget, Resolved, ResolveOptions, Service } from '../../service/index.js';

export interface InferenceContext {
  readonly service: Pick<Service, 'inference'>;
  readonly clock: Clock;
}

/** How a handler reads a request for one answer, and writes that. */
export interface AnsweredInference<Answer> {
  readonly target: InferTarget;
  /** Without `onlyOne`, a model that may give several answers is an error of the server. */
  readonly options: ResolveOptions;
  /** Called with the version that answers: the meaning of a body may depend on the model. */
  readonly decode: (resolved: Resolved) => InferRequest | Promise<InferRequest>;
  readonly encode: (response: InferResponse, timing: InferResult['timing']) => Answer | Promise<Answer>;
}

/** Answers an inference: resolve, decode, infer, encode. Rejects as these do. */
export async function answerInference<Answer>(
  { service, clock }: InferenceContext,
  call: Call,
  { target, options, decode, encode }: AnsweredInference<Answer>,
): Promise<Answer> {
  const resolving = service.inference.resolve(call, target, options);
  const resolved = resolving instanceof Promise ? await resolving : resolving;
  const decoding = decode(resolved);
  const request = decoding instanceof Promise ? await decoding : decoding;
  call.timing.decodedAt = clock.now();
  const result = await service.inference.infer(call, resolved, request);
  const response = onlyAnswer(result);
  const startedAt = clock.now();
  const encoding = encode(response, result.timing);
  const answer = encoding instanceof Promise ? await encoding : encoding;
  call.timing.encodeMs = clock.now() - startedAt;
  return answer;
}

/** The answer of a request that asked for one. */
export function onlyAnswer(result: InferResult): InferResponse {
  if (result.kind === 'many') throw new MillraceError('internal', 'asked for one answer, got several');
  return result.response;
}

/** Encodes, and notes in the call's timing how long that takes. */
export async function timedEncoding<Answer>(
  { clock }: Pick<InferenceContext, 'clock'>,
  { timing }: Call,
  encode: () => Answer | Promise<Answer>,
): Promise<Answer> {
  const startedAt = clock.now();
  const answer = await encode();
  timing.encodeMs = clock.now() - startedAt;
  return answer;
}

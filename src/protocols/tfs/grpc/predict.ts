import { MillraceError } from '../../../core/index.js';
import type { DialectContext } from '../../dialect.js';
import type { UnaryMethod } from '../../shared/grpc/method.js';
import { DECODE_PREDICT } from '../large-requests.js';
import { ONLY_ONE } from '../only-one.js';
import { checkSignatureName } from '../signature.js';
import { decodePredict, isLargePredict } from './decode-predict.js';
import { createPredictEncoder } from './encode-predict.js';

export type PredictOptions = Pick<DialectContext, 'service' | 'maxInputs' | 'decoder' | 'clock'>;

/** Predict: decode, resolve, infer, encode. */
export function createPredictHandler(options: PredictOptions): UnaryMethod['handle'] {
  const { service, maxInputs, decoder, clock } = options;
  const encode = createPredictEncoder();
  return async (call, message) => {
    const { spec, request } = isLargePredict(message)
      ? await decoder.decodeMessage(call, DECODE_PREDICT, { message, maxInputs })
      : decodePredict(message, options);
    call.timing.decodedAt = clock.now();
    const resolving = service.inference.resolve(call, spec.target, ONLY_ONE);
    const resolved = resolving instanceof Promise ? await resolving : resolving;
    checkSignatureName(spec.target, spec.signatureName);
    const result = await service.inference.infer(call, resolved, request);
    if (result.kind === 'many') throw new MillraceError('internal', 'asked for one answer, got several');
    const startedAt = clock.now();
    const answer = encode(result.response);
    call.timing.encodeMs = clock.now() - startedAt;
    return answer;
  };
}

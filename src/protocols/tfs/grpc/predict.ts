import type { DialectContext } from '../../dialect.js';
import { answerInference } from '../../shared/answer-inference.js';
import type { UnaryMethod } from '../../shared/grpc/method.js';
import { DECODE_PREDICT } from '../large-requests.js';
import { ONLY_ONE } from '../only-one.js';
import { checkSignatureName } from '../signature.js';
import { decodePredict, isLargePredict } from './decode-predict.js';
import { createPredictEncoder } from './encode-predict.js';

export type PredictOptions = Pick<DialectContext, 'service' | 'maxInputs' | 'decoder' | 'clock'>;

/** Predict: decode, resolve, infer, encode. */
export function createPredictHandler(options: PredictOptions): UnaryMethod['handle'] {
  const { maxInputs, decoder } = options;
  const encode = createPredictEncoder();
  return async (call, message) => {
    const { spec, request } = isLargePredict(message)
      ? await decoder.decodeMessage(call, DECODE_PREDICT, { message, maxInputs })
      : decodePredict(message, options);
    const { target, signatureName } = spec;
    return answerInference(options, call, {
      target,
      options: ONLY_ONE,
      decode() {
        checkSignatureName(target, signatureName);
        return request;
      },
      encode,
    });
  };
}

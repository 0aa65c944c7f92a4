import { type Call, type InferRequest, type InferResponse, MillraceError, type ModelRef } from '../core/index.js';
import type { Engine, Sink } from './types.js';

/** Collects the one answer of a request: `onEnd` is called once, with the answer or with why there is none. */
export function createAnswerSink(onEnd: (end: InferResponse | MillraceError) => void): Sink {
  let answer: InferResponse | undefined;
  return {
    onResponse(response) {
      answer = response;
    },
    onEnd(error) {
      onEnd(error ?? answer ?? new MillraceError('internal', 'no answer came'));
    },
  };
}

/** The one answer of a version to a request. Rejects with the `MillraceError` by which it ended. */
export function askVersion(
  engine: Pick<Engine, 'submit'>,
  ref: ModelRef,
  { request, call }: { readonly request: InferRequest; readonly call: Call },
): Promise<InferResponse> {
  return new Promise((resolve, reject) => {
    const sink = createAnswerSink((end) => (end instanceof MillraceError ? reject(end) : resolve(end)));
    engine.submit(ref, { request, call, sink });
  });
}

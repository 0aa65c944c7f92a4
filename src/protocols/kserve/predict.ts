import { type InferRequest, MillraceError, Turns } from '../../core/index.js';
import { answerEvents, type Predict } from '../cloud-events/answer-events.js';
import type { DialectContext } from '../dialect.js';
import { createInstancesEncoder } from '../instances/encode.js';
import { readInstances } from '../instances/read.js';
import { decodeMediaBody } from '../media/decode-media.js';
import { asksForLabels, labelRows, onlyClasses } from '../media/label-rows.js';
import { plainRequest } from '../plain-request.js';
import { jsonResponse } from '../route.js';

const ONLY_ONE = { onlyOne: "which KServe's v1 protocol cannot carry; use generate_stream or gRPC", whole: true };

/** Answers a POST to a predict route: resolve, decode, infer, encode. `predictions` are the answer to `inputs`, too. */
export function createPredictHandler(context: Pick<DialectContext, 'service' | 'decoder' | 'clock'>): Predict {
  const { service, decoder, clock } = context;
  const encode = createInstancesEncoder(new Turns(clock));
  const predict: Predict = async (call, target, wire) => {
    const resolving = service.resolve(call, target, ONLY_ONE);
    const resolved = resolving instanceof Promise ? await resolving : resolving;
    const { info } = resolved;
    const media = decodeMediaBody(wire, info);
    let request: InferRequest;
    if (media === undefined) {
      const reading = readInstances(decoder, call, { body: wire.body, options: { signature: info.signature } });
      request = plainRequest((reading instanceof Promise ? await reading : reading).inputs);
    } else {
      request = onlyClasses(media);
    }
    call.timing.decodedAt = clock.now();
    const result = await service.infer(call, resolved, request);
    if (result.kind === 'many') throw new MillraceError('internal', 'asked for one answer, got several');
    const { outputs } = result.response;
    const startedAt = clock.now();
    const encoding = asksForLabels(request)
      ? jsonResponse({ predictions: labelRows(outputs) })
      : encode({ format: 'row', outputs });
    const answer = encoding instanceof Promise ? await encoding : encoding;
    call.timing.encodeMs = clock.now() - startedAt;
    return answer;
  };
  return answerEvents(predict, context);
}

import { type Call, type InferRequest, MillraceError, Turns } from '../../core/index.js';
import type { InferTarget } from '../../service/index.js';
import type { DecodeFunction } from '../decoding/jobs.js';
import type { DialectContext } from '../dialect.js';
import { type DecodedInstances, decodeInstances } from '../instances/decode.js';
import { createInstancesEncoder } from '../instances/encode.js';
import { type InstancesJob, readInstances } from '../instances/read.js';
import { decodeMediaBody } from '../media/decode-media.js';
import { asksForLabels, labelRows, onlyClasses } from '../media/label-rows.js';
import { plainRequest } from '../plain-request.js';
import { jsonResponse } from '../route.js';
import { LARGE_BYTES, type WireRequest, type WireResponse } from '../wire.js';
import { checkEventHeaders, type EventMode, eventModeOf, readEventData, toEvent } from './cloud-event.js';

export type PredictHandler = (
  call: Call,
  target: InferTarget,
  wire: Pick<WireRequest, 'headers' | 'body'>,
) => Promise<WireResponse>;

const ONLY_ONE = { onlyOne: "which KServe's v1 protocol cannot carry; use generate_stream or gRPC", whole: true };
const DECODE_EVENT: DecodeFunction<InstancesJob, DecodedInstances> = {
  module: new URL('./decoders.js', import.meta.url).href,
  name: 'event',
};

/** Answers a POST to a predict route: resolve, decode, infer, encode. `predictions` are the answer to `inputs`, too. */
export function createPredictHandler(context: Pick<DialectContext, 'service' | 'decoder' | 'clock'>): PredictHandler {
  const { service, decoder, clock } = context;
  const encode = createInstancesEncoder(new Turns(clock));

  function read(call: Call, job: InstancesJob, event: EventMode | undefined) {
    if (event !== 'structured') return readInstances(decoder, call, job);
    const { body, options } = job;
    if (body.length <= LARGE_BYTES) return decodeInstances(readEventData(body), options);
    return decoder.decode(call, DECODE_EVENT, { input: job, moves: [body] });
  }

  return async (call, target, wire) => {
    const resolving = service.resolve(call, target, ONLY_ONE);
    const resolved = resolving instanceof Promise ? await resolving : resolving;
    const { info } = resolved;
    const event = eventModeOf(wire.headers);
    if (event === 'binary') checkEventHeaders(wire.headers);
    const media = event === 'structured' ? undefined : decodeMediaBody(wire, info);
    let request: InferRequest;
    if (media === undefined) {
      const reading = read(call, { body: wire.body, options: { signature: info.signature } }, event);
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
    return event === undefined ? answer : toEvent(answer, { mode: event, model: info.ref.name, now: clock.wallNow() });
  };
}

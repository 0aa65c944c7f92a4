import type { Call, InferTarget } from '../../../core/index.js';
import type { Service } from '../../../service/index.js';
import type { DialectContext } from '../../dialect.js';
import { LARGE_BYTES, type WireRequest, type WireResponse } from '../../wire.js';
import type { DecodeFunction } from '../decoding/jobs.js';
import { checkEventHeaders, type EventMode, eventModeOf, readEventData, toEvent } from './event.js';

type Body = Pick<WireRequest, 'headers' | 'body'>;

/** Answers predictions of a model in JSON. */
export type Predict = (call: Call, target: InferTarget, wire: Body) => Promise<WireResponse>;

const DECODE_DATA: DecodeFunction<{ readonly body: Uint8Array }, Uint8Array> = {
  module: new URL('./decoders.js', import.meta.url).href,
  name: 'data',
};

/** What events are read with. */
export interface EventsContext extends Pick<DialectContext, 'decoder' | 'clock'> {
  readonly service: Pick<Service, 'inference'>;
}

/** The same for clients of KServe that send CloudEvents, which are answered with events; other requests go on as they are. */
export function answerEvents(predict: Predict, context: EventsContext): Predict {
  return (call, target, wire) => {
    const mode = eventModeOf(wire.headers);
    return mode === undefined
      ? predict(call, target, wire)
      : answerEvent(predict, context, { call, target, wire, mode });
  };
}

interface Sent {
  readonly call: Call;
  readonly target: InferTarget;
  readonly wire: Body;
  readonly mode: EventMode;
}

async function answerEvent(
  predict: Predict,
  { service, decoder, clock }: EventsContext,
  { call, target, wire, mode }: Sent,
): Promise<WireResponse> {
  const { headers, body } = wire;
  let inner = wire;
  if (mode === 'binary') checkEventHeaders(headers);
  else {
    // Reading an event costs something, so the right is checked first.
    await service.inference.checkTarget(call, target);
    const data =
      body.length <= LARGE_BYTES
        ? readEventData(body)
        : await decoder.decode(call, DECODE_DATA, { input: { body }, moves: [body] });
    inner = { headers: { ...headers, 'content-type': 'application/json' }, body: data };
  }
  return toEvent(await predict(call, target, inner), { mode, model: target.name, now: clock.wallNow() });
}

import { type Call, type Clock, type InferRequest, MillraceError, Turns } from '../../core/index.js';
import type { InferTarget } from '../../service/index.js';
import type { DialectContext } from '../dialect.js';
import type { InstancesFormat } from '../instances/decode.js';
import { createInstancesEncoder } from '../instances/encode.js';
import { readInstances } from '../instances/read.js';
import { decodeMediaBody } from '../media/decode-media.js';
import { asksForLabels, labelRows, onlyClasses } from '../media/label-rows.js';
import { plainRequest } from '../plain-request.js';
import { jsonResponse } from '../route.js';
import type { WireRequest, WireResponse } from '../wire.js';
import { ONLY_ONE } from './only-one.js';
import { checkSignatureName } from './signature.js';

export interface PredictOptions extends Pick<DialectContext, 'decoder'> {
  readonly service: Pick<DialectContext['service'], 'resolve' | 'infer'>;
  readonly clock: Clock;
}

const MEMBERS = ['signature_name'] as const;

/**
 * Answers a POST to a predict route: resolve, decode, infer, encode in the format of the request. A photo or a sound as it is gets rows,
 * too: clients of KServe's v1 protocol send those to the same path.
 */
export function createPredictHandler({ service, decoder, clock }: PredictOptions) {
  const encode = createInstancesEncoder(new Turns(clock));
  return async (
    call: Call,
    target: InferTarget,
    wire: Pick<WireRequest, 'headers' | 'body'>,
  ): Promise<WireResponse> => {
    const resolving = service.resolve(call, target, ONLY_ONE);
    const resolved = resolving instanceof Promise ? await resolving : resolving;
    const { ref, signature } = resolved.info;
    let request: InferRequest;
    let format: InstancesFormat = 'row';
    const media = decodeMediaBody(wire, resolved.info);
    if (media === undefined) {
      const reading = readInstances(decoder, call, { body: wire.body, options: { signature, members: MEMBERS } });
      const decoded = reading instanceof Promise ? await reading : reading;
      checkSignatureName(ref, decoded.members.signature_name);
      format = decoded.format;
      request = plainRequest(decoded.inputs);
    } else {
      request = onlyClasses(media);
    }
    call.timing.decodedAt = clock.now();
    const result = await service.infer(call, resolved, request);
    if (result.kind === 'many') throw new MillraceError('internal', 'asked for one answer, got several');
    const startedAt = clock.now();
    const { outputs } = result.response;
    const encoding = asksForLabels(request)
      ? jsonResponse({ predictions: labelRows(outputs) })
      : encode({ format, outputs });
    const response = encoding instanceof Promise ? await encoding : encoding;
    call.timing.encodeMs = clock.now() - startedAt;
    return response;
  };
}

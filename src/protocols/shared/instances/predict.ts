import { type InferRequest, MillraceError, type ModelRef, Turns } from '../../../core/index.js';
import type { ResolveOptions, Service } from '../../../service/index.js';
import type { DialectContext } from '../../dialect.js';
import { jsonResponse } from '../../route.js';
import type { Predict } from '../cloud-events/answer-events.js';
import { decodeMediaBody } from '../media/decode-media.js';
import { asksForLabels, labelRows, onlyClasses } from '../media/label-rows.js';
import { plainRequest } from '../plain-request.js';
import type { DecodedInstances, DecodeInstancesOptions, InstancesFormat } from './decode.js';
import { createInstancesEncoder } from './encode.js';
import { readInstances } from './read.js';

export interface PredictorOptions extends Pick<DialectContext, 'decoder' | 'clock'> {
  readonly service: Pick<Service, 'inference'>;
}

/** What protocols with rows in JSON do each in their own way. */
export interface PredictorRules extends Pick<DecodeInstancesOptions, 'members'> {
  /** What is asked of models that may give several answers. */
  readonly resolve: ResolveOptions;
  /** The format of the answer. Throws `invalid_argument` for members that the protocol refuses. */
  readonly formatOf: (decoded: DecodedInstances, asked: Pick<ModelRef, 'name'>) => InstancesFormat;
}

/** Answers a POST to a predict route: resolve, decode, infer, encode. A photo or a sound as it is gets rows. */
export function createPredictor(
  { service, decoder, clock }: PredictorOptions,
  { members = [], resolve, formatOf }: PredictorRules,
): Predict {
  const encode = createInstancesEncoder(new Turns(clock));
  return async (call, target, wire) => {
    const resolving = service.inference.resolve(call, target, resolve);
    const resolved = resolving instanceof Promise ? await resolving : resolving;
    const { signature } = resolved.info;
    let request: InferRequest;
    let format: InstancesFormat = 'row';
    const media = decodeMediaBody(wire, resolved);
    if (media === undefined) {
      const reading = readInstances(decoder, call, { body: wire.body, options: { signature, members } });
      const decoded = reading instanceof Promise ? await reading : reading;
      format = formatOf(decoded, target);
      request = plainRequest(decoded.inputs);
    } else {
      request = onlyClasses(media);
    }
    call.timing.decodedAt = clock.now();
    const result = await service.inference.infer(call, resolved, request);
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

import { type InferRequest, type ModelRef, Turns } from '../../../core/index.js';
import type { ResolveOptions, Service } from '../../../service/index.js';
import type { DialectContext } from '../../dialect.js';
import { jsonResponse } from '../../route.js';
import { answerInference } from '../answer-inference.js';
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
  return (call, target, wire) => {
    let format: InstancesFormat = 'row';
    let wantsLabels = false;
    const understood = (decoded: DecodedInstances): InferRequest => {
      format = formatOf(decoded, target);
      return plainRequest(decoded.inputs);
    };
    return answerInference({ service, clock }, call, {
      target,
      options: resolve,
      decode(resolved) {
        const media = decodeMediaBody(wire, resolved);
        if (media !== undefined) {
          const request = onlyClasses(media);
          wantsLabels = asksForLabels(request);
          return request;
        }
        const options = { signature: resolved.info.signature, members };
        const reading = readInstances(decoder, call, { body: wire.body, options });
        return reading instanceof Promise ? reading.then(understood) : understood(reading);
      },
      encode: ({ outputs }) =>
        wantsLabels ? jsonResponse({ predictions: labelRows(outputs) }) : encode({ format, outputs }),
    });
  };
}

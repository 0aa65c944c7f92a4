import type { Predict } from '../shared/cloud-events/answer-events.js';
import { createPredictor, type PredictorOptions } from '../shared/instances/predict.js';
import { ONLY_ONE } from './only-one.js';
import { checkSignatureName } from './signature.js';

const MEMBERS = ['signature_name'] as const;

/**
 * Answers a POST to a predict route, in the format of the request. A photo or a sound as it is gets rows: clients of KServe's v1 protocol
 * send those to the same path.
 */
export function createPredictHandler(options: PredictorOptions): Predict {
  return createPredictor(options, {
    members: MEMBERS,
    resolve: ONLY_ONE,
    formatOf: ({ format, members }, asked) => {
      checkSignatureName(asked, members.signature_name);
      return format;
    },
  });
}

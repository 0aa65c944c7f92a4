import { answerEvents, type EventsContext, type Predict } from '../shared/cloud-events/answer-events.js';
import { createPredictor, type PredictorOptions } from '../shared/instances/predict.js';

const ONLY_ONE = { onlyOne: "which KServe's v1 protocol cannot carry; use generate_stream or gRPC", whole: true };

/** Answers a POST to a predict route. `predictions` are the answer to `inputs`, too. */
export function createPredictHandler(context: PredictorOptions & EventsContext): Predict {
  return answerEvents(createPredictor(context, { resolve: ONLY_ONE, formatOf: () => 'row' }), context);
}

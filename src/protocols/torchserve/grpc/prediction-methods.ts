import { MillraceError } from '../../../core/index.js';
import { piecesOf } from '../encode-prediction.js';
import type { Predicted, Predictions } from '../predict.js';
import { parseVersion } from '../version.js';
import type { PredictionsRequest } from './predictions-request.js';

/** What methods of predictions are made with. */
export interface PredictionMethods {
  readonly predictions: Predictions;
  readonly decode: (message: Uint8Array) => PredictionsRequest;
}

export function targetOf({ modelName, modelVersion }: PredictionsRequest) {
  return { name: modelName, version: parseVersion(modelVersion, modelName) };
}

/** The pieces of the one answer. */
export function wholeOf(predicted: Predicted): readonly Uint8Array[] {
  if (predicted.kind === 'many') throw new MillraceError('internal', 'asked for one answer, got several');
  return piecesOf(predicted.answer.body);
}

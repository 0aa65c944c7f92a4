import { type Call, invalidArgument } from '../../../core/index.js';
import type { ServedModel } from '../../../service/index.js';
import type { DialectContext } from '../../dialect.js';
import type { GrpcMethod, GrpcStream, UnaryMethod } from '../../shared/grpc/method.js';
import { healthText } from '../ping.js';
import { Predictions } from '../predict.js';
import { type PredictionMethods, targetOf, wholeOf } from './prediction-methods.js';
import { encodePrediction } from './prediction-response.js';
import { decodePredictionsRequest } from './predictions-request.js';
import { INFERENCE_MESSAGES } from './schema.js';
import { StreamPredictions } from './stream-predictions.js';
import { StreamPredictions2 } from './stream-predictions2.js';

const SERVICE = '/org.pytorch.serve.grpc.inference.InferenceAPIsService/';
const PREDICTIONS = { access: 'key', control: false, largeMessages: true } as const;

/** TorchServe's `InferenceAPIsService`. */
export function createInferenceMethods(context: DialectContext): readonly GrpcMethod[] {
  const { service, maxInputs } = context;
  const predictions = new Predictions(context);
  const decode = (message: Uint8Array) => decodePredictionsRequest(message, maxInputs);
  const open = (kind: typeof StreamPredictions | typeof StreamPredictions2) => (stream: GrpcStream) =>
    new kind(stream, { predictions, decode });
  return [
    {
      kind: 'unary',
      path: `${SERVICE}Ping`,
      access: 'public',
      control: false,
      handle: () => INFERENCE_MESSAGES.encodeFromJson('TorchServeHealthResponse', { health: healthText(service) }),
    },
    {
      ...PREDICTIONS,
      kind: 'unary',
      inference: true,
      path: `${SERVICE}Predictions`,
      handle: handleOne({ predictions, decode }),
    },
    { ...PREDICTIONS, kind: 'stream', path: `${SERVICE}StreamPredictions`, open: open(StreamPredictions) },
    { ...PREDICTIONS, kind: 'stream', path: `${SERVICE}StreamPredictions2`, open: open(StreamPredictions2) },
  ];
}

function handleOne({ predictions, decode }: PredictionMethods): UnaryMethod['handle'] {
  return async (call: Call, message: Uint8Array) => {
    const request = decode(message);
    const { parts } = request;
    const asked = { target: targetOf(request), parts, stream: false, sequence: refuseSequences };
    return encodePrediction(wholeOf(await predictions.predict(call, asked)));
  };
}

function refuseSequences({ sequences }: ServedModel): undefined {
  if (sequences) throw invalidArgument('the model keeps sequences: use StreamPredictions2');
}

import type { MillraceError } from '../../../core/index.js';
import { ProtoWriter } from '../../../protobuf/index.js';
import type { GrpcMessage } from '../../shared/grpc/method.js';
import { GRPC_STATUS } from '../../shared/grpc/status.js';
import { INFERENCE_MESSAGES } from './schema.js';

const writer = new ProtoWriter();

/** A `PredictionResponse` with the pieces of a prediction. */
export function encodePrediction(pieces: readonly Uint8Array[], sequenceId = ''): GrpcMessage {
  const [only] = pieces;
  writer.reset();
  writer.data(1, only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces));
  if (sequenceId !== '') writer.string(2, sequenceId);
  return writer.finish();
}

/** A `PredictionResponse` that tells of an error, after which others may come. */
export function encodeFailure({ code, message }: MillraceError, sequenceId: string): GrpcMessage {
  return INFERENCE_MESSAGES.encodeFromJson('PredictionResponse', {
    ...(sequenceId === '' ? {} : { sequence_id: sequenceId }),
    status: { code: GRPC_STATUS[code], message },
  });
}

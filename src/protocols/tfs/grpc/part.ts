import type { ErrorCode } from '../../../core/index.js';
import type { DialectContext, GrpcPart } from '../../dialect.js';
import { GRPC_STATUS, GRPC_STATUS_CODES } from '../../shared/grpc/status.js';
import { createExamplesMethods } from './examples.js';
import { createMetadataMethod } from './metadata.js';
import { pathOf } from './methods.js';
import { createModelServiceMethods } from './model-service.js';
import { createPredictHandler } from './predict.js';
import { MESSAGES } from './schema.js';

/** TensorFlow Serving's PredictionService and ModelService. */
export function createGrpcPart(context: DialectContext): GrpcPart {
  const { service } = context;
  return {
    methods: [
      {
        kind: 'unary',
        path: pathOf('PredictionService/Predict'),
        access: 'key',
        control: false,
        largeMessages: true,
        inference: true,
        handle: createPredictHandler(context),
      },
      ...createExamplesMethods(context),
      createMetadataMethod(service),
      ...createModelServiceMethods(service),
    ],
    files: () => MESSAGES.files(),
    status: TFS_GRPC_STATUS,
  };
}

/** gRPC status of each error: as its names say, as TensorFlow Serving has it. */
const TFS_GRPC_STATUS: Readonly<Record<ErrorCode, number>> = {
  ...GRPC_STATUS,
  resource_exhausted: GRPC_STATUS_CODES.RESOURCE_EXHAUSTED,
};

import type { ErrorCode } from '../../core/index.js';
import { GRPC_STATUS, GRPC_STATUS_CODES } from '../shared/grpc/status.js';

/** gRPC status of each error: as its names say, as TensorFlow Serving has it. */
export const TFS_GRPC_STATUS: Readonly<Record<ErrorCode, number>> = {
  ...GRPC_STATUS,
  resource_exhausted: GRPC_STATUS_CODES.RESOURCE_EXHAUSTED,
};

import type { DialectContext, GrpcPart } from '../../dialect.js';
import { GRPC_STATUS } from '../../shared/grpc/status.js';
import { createInferenceMethods } from './inference.js';
import { createManagementMethods } from './management.js';
import { INFERENCE_MESSAGES, MANAGEMENT_MESSAGES } from './schema.js';

/** TorchServe's two services. */
export function createGrpcPart(context: DialectContext): GrpcPart {
  return {
    methods: [...createInferenceMethods(context), ...createManagementMethods(context.service)],
    files: () => [...INFERENCE_MESSAGES.files(), ...MANAGEMENT_MESSAGES.files()],
    status: GRPC_STATUS,
  };
}

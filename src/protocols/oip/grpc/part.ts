import type { DialectContext, GrpcPart } from '../../dialect.js';
import { GRPC_STATUS } from '../../shared/grpc/status.js';
import { createGrpcMethods } from './routes.js';
import { MESSAGES } from './schema.js';

/** Triton's `inference.GRPCInferenceService`. */
export function createGrpcPart(context: DialectContext): GrpcPart {
  return {
    methods: createGrpcMethods(context.service, { ...context, forwardHeaders: context.forwardMetadata }),
    files: () => MESSAGES.files(),
    status: GRPC_STATUS,
  };
}

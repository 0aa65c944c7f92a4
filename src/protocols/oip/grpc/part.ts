import { toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { DialectContext, GrpcPart } from '../../dialect.js';
import { GRPC_STATUS } from '../../grpc/status.js';
import { createGrpcMethods } from './routes.js';
import { grpcRegistry } from './schema.js';

/** Triton's `inference.GRPCInferenceService`. */
export function createGrpcPart(context: DialectContext): GrpcPart {
  return {
    methods: createGrpcMethods(context.service, { ...context, forwardHeaders: context.forwardMetadata }),
    files: () => Array.from(grpcRegistry().files, ({ proto }) => toBinary(FileDescriptorProtoSchema, proto)),
    status: GRPC_STATUS,
  };
}

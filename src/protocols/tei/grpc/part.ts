import type { GrpcPart } from '../../dialect.js';
import { GRPC_STATUS } from '../../shared/grpc/status.js';
import type { NameModel } from '../place.js';
import type { TeiContext } from '../read.js';
import { createTeiMethods } from './methods.js';
import { TEI_MESSAGES } from './schema.js';

/** The services of `tei.v1`. */
export function createGrpcPart(context: TeiContext, nameModel: NameModel): GrpcPart {
  return { methods: createTeiMethods(context, nameModel), files: () => TEI_MESSAGES.files(), status: GRPC_STATUS };
}

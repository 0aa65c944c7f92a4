import { file_google_protobuf_any, file_google_protobuf_empty } from '@bufbuild/protobuf/wkt';
import { describeProtoFile } from '../../../protobuf/tables/index.js';
import { ProtoMessages } from '../../shared/grpc/messages.js';
import { INFERENCE, MANAGEMENT, STATUS } from './schema-tables.js';

/** The messages behind `InferenceAPIsService`. */
export const INFERENCE_MESSAGES = new ProtoMessages(INFERENCE.package, () => [
  file_google_protobuf_any.proto,
  file_google_protobuf_empty.proto,
  describeProtoFile(STATUS),
  describeProtoFile(INFERENCE),
]);

/** The messages behind `ManagementAPIsService`. */
export const MANAGEMENT_MESSAGES = new ProtoMessages(MANAGEMENT.package, () => [describeProtoFile(MANAGEMENT)]);

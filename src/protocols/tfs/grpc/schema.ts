import { file_google_protobuf_any, file_google_protobuf_wrappers } from '@bufbuild/protobuf/wkt';
import { describeProtoFile } from '../../../protobuf/tables/index.js';
import { ProtoMessages } from '../../shared/grpc/messages.js';
import { TFS_FILES } from './schema-table.js';

/** The messages behind PredictionService and ModelService. */
export const MESSAGES = new ProtoMessages('tensorflow.serving', () => [
  file_google_protobuf_any.proto,
  file_google_protobuf_wrappers.proto,
  ...TFS_FILES.map(describeProtoFile),
]);

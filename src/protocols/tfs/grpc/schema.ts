import { file_google_protobuf_any, file_google_protobuf_wrappers } from '@bufbuild/protobuf/wkt';
import { loadProtoFiles } from '../../../repository/index.js';
import { ProtoMessages } from '../../grpc/messages.js';
import { TFS_FILES } from './schema-table.js';

const { describeProtoFile } = await loadProtoFiles();

/** The messages behind PredictionService and ModelService. */
export const MESSAGES = new ProtoMessages('tensorflow.serving', () => [
  file_google_protobuf_any.proto,
  file_google_protobuf_wrappers.proto,
  ...TFS_FILES.map(describeProtoFile),
]);

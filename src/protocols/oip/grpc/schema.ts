import { describeProtoFile } from '../../../protobuf/tables/index.js';
import { loadModelConfigFile } from '../../../repository/index.js';
import { ProtoMessages } from '../../shared/grpc/messages.js';
import { GRPC_SERVICE } from './schema-table.js';

const modelConfigFile = await loadModelConfigFile();

/** The messages behind `inference.GRPCInferenceService`. */
export const MESSAGES = new ProtoMessages(GRPC_SERVICE.package, () => [
  modelConfigFile,
  describeProtoFile(GRPC_SERVICE),
]);

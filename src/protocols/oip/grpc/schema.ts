import { loadProtoFiles } from '../../../repository/index.js';
import { ProtoMessages } from '../../grpc/messages.js';
import { GRPC_SERVICE } from './schema-table.js';

const { describeProtoFile, modelConfigFile } = await loadProtoFiles();

/** The messages behind `inference.GRPCInferenceService`. */
export const MESSAGES = new ProtoMessages(GRPC_SERVICE.package, () => [
  modelConfigFile,
  describeProtoFile(GRPC_SERVICE),
]);

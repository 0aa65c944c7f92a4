import { describeProtoFile } from '../../../protobuf/tables/index.js';
import { ProtoMessages } from '../../shared/grpc/messages.js';
import { TEI_PROTO } from './schema-tables.js';

/** The messages of `tei.v1`. */
export const TEI_MESSAGES = new ProtoMessages(TEI_PROTO.package, () => [describeProtoFile(TEI_PROTO)]);

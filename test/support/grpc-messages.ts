import { fromJson, type JsonValue, toBinary } from '@bufbuild/protobuf';
import { MESSAGES as OIP } from '../../src/protocols/oip/grpc/schema.js';
import type { GrpcMessage } from '../../src/protocols/shared/grpc/method.js';
import { TEI_MESSAGES } from '../../src/protocols/tei/grpc/schema.js';
import { MESSAGES as TFS } from '../../src/protocols/tfs/grpc/schema.js';
import { INFERENCE_MESSAGES, MANAGEMENT_MESSAGES } from '../../src/protocols/torchserve/grpc/schema.js';

/** A message as the generic codec writes it, from JSON with the names of the proto file. */
export function protoBytes(name: string, json: unknown): Uint8Array {
  return Buffer.concat([...OIP.encodeFromJson(name, json)]);
}

const SERVICES = [OIP, TFS, INFERENCE_MESSAGES, MANAGEMENT_MESSAGES, TEI_MESSAGES];

/** The request of a method (`/package.Service/Method`), from JSON; empty where it is of no dialect. */
export function requestBytes(path: string, json: object): Uint8Array {
  const [, service = '', name] = path.split('/');
  for (const messages of SERVICES) {
    const input = messages.registry.getService(service)?.methods.find((method) => method.name === name)?.input;
    if (input !== undefined) return toBinary(input, fromJson(input, json as JsonValue));
  }
  return new Uint8Array();
}

/** A message of the server as the generic codec reads it: everything but unset members of a `oneof` is there. */
export function protoJson(name: string, message: GrpcMessage): JsonValue {
  return OIP.decodeToJson(name, Buffer.concat([...message]));
}

import type { JsonValue } from '@bufbuild/protobuf';
import type { GrpcMessage } from '../../src/protocols/grpc/method.js';
import { MESSAGES } from '../../src/protocols/oip/grpc/schema.js';

/** A message as the generic codec writes it, from JSON with the names of the proto file. */
export function protoBytes(name: string, json: unknown): Uint8Array {
  return Buffer.concat([...MESSAGES.encodeFromJson(name, json)]);
}

/** A message of the server as the generic codec reads it: everything but unset members of a `oneof` is there. */
export function protoJson(name: string, message: GrpcMessage): JsonValue {
  return MESSAGES.decodeToJson(name, Buffer.concat([...message]));
}

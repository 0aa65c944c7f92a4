import {
  create,
  createFileRegistry,
  type DescMessage,
  type FileRegistry,
  fromBinary,
  fromJson,
  type JsonValue,
  type Message,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { invalidArgument, MillraceError } from '../../../core/index.js';
import { loadProtoFiles } from '../../../repository/index.js';
import type { GrpcMessage } from '../../grpc/method.js';
import { GRPC_SERVICE } from './schema-table.js';

const { describeProtoFile, modelConfigFile } = await loadProtoFiles();

/** As JSON escapes them. */
const HALF_CHARACTER = /\\ud[89a-f]/;

let registry: FileRegistry | undefined;

/** The files behind `inference.GRPCInferenceService`; made on first use, since a server may never need them. */
export function grpcRegistry(): FileRegistry {
  registry ??= createFileRegistry(
    create(FileDescriptorSetSchema, { file: [modelConfigFile, describeProtoFile(GRPC_SERVICE)] }),
  );
  return registry;
}

/** The message `inference.{name}`. */
export function grpcMessage(name: string): DescMessage {
  const message = grpcRegistry().getMessage(`${GRPC_SERVICE.package}.${name}`);
  if (message === undefined) throw new MillraceError('internal', `no message ${name} in the schema table`);
  return message;
}

/** Decodes a message whose fields are asked for by their camel-case names. Throws `invalid_argument`. */
export function decodeMessage(name: string, bytes: Uint8Array): Message {
  try {
    // Fields that nobody knows would be kept, an object for each.
    return fromBinary(grpcMessage(name), bytes, { readUnknownFields: false });
  } catch (error) {
    throw invalidArgument(`request: malformed ${name}: ${(error as Error).message}`);
  }
}

/**
 * Decodes a message into plain JSON with the names of the proto file, as protobuf's JSON mapping has it: everything but
 * unset `oneof` members is there, and 64-bit integers are strings. Throws `invalid_argument`.
 */
export function decodeToJson(name: string, bytes: Uint8Array): JsonValue {
  return toJson(grpcMessage(name), decodeMessage(name, bytes), { useProtoFieldName: true, alwaysEmitImplicit: true });
}

/** Encodes a message from JSON with the names of the proto file. */
export function encodeFromJson(name: string, json: unknown): GrpcMessage {
  const message = grpcMessage(name);
  // fromJson checks the value itself, and refuses halves of characters, which texts that were cut may end with.
  return [toBinary(message, fromJson(message, isWellFormed(json) ? (json as JsonValue) : wellFormed(json)))];
}

function isWellFormed(json: unknown): boolean {
  return !HALF_CHARACTER.test(JSON.stringify(json));
}

/** The same with U+FFFD for halves of characters, as UTF-8 has it. */
function wellFormed(json: unknown): JsonValue {
  return JSON.parse(JSON.stringify(json), (_name, value: unknown) =>
    typeof value === 'string' ? Buffer.from(value).toString() : value,
  );
}

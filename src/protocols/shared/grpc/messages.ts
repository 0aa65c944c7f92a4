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
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { invalidArgument, MillraceError } from '../../../core/index.js';
import type { GrpcMessage } from './method.js';

/** As JSON escapes them. */
const HALF_CHARACTER = /\\ud[89a-f]/;

/** The messages of one package, for methods that are seldom called: they go through protobuf's JSON mapping. */
export class ProtoMessages {
  readonly #package: string;
  readonly #describe: () => readonly FileDescriptorProto[];
  #registry: FileRegistry | undefined;

  /** `describe` gives the package's file and those that it needs, dependencies first; called on first use, since a server may never need them. */
  constructor(packageName: string, describe: () => readonly FileDescriptorProto[]) {
    this.#package = packageName;
    this.#describe = describe;
  }

  get registry(): FileRegistry {
    this.#registry ??= createFileRegistry(create(FileDescriptorSetSchema, { file: [...this.#describe()] }));
    return this.#registry;
  }

  /** The files, serialised, dependencies first: what reflection tells of. */
  files(): readonly Uint8Array[] {
    return Array.from(this.registry.files, ({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  }

  /** The message `{package}.{name}`. */
  named(name: string): DescMessage {
    const message = this.registry.getMessage(`${this.#package}.${name}`);
    if (message === undefined) throw new MillraceError('internal', `no message ${name} in the schema table`);
    return message;
  }

  /** Decodes a message whose fields are asked for by their camel-case names. Throws `invalid_argument`. */
  decode(name: string, bytes: Uint8Array): Message {
    try {
      // Fields that nobody knows would be kept, an object for each.
      return fromBinary(this.named(name), bytes, { readUnknownFields: false });
    } catch (error) {
      throw invalidArgument(`request: malformed ${name}: ${(error as Error).message}`);
    }
  }

  /**
   * Decodes a message into plain JSON with the names of the proto file, as protobuf's JSON mapping has it: everything but
   * unset `oneof` members is there, and 64-bit integers are strings. Throws `invalid_argument`.
   */
  decodeToJson(name: string, bytes: Uint8Array): JsonValue {
    return toJson(this.named(name), this.decode(name, bytes), { useProtoFieldName: true, alwaysEmitImplicit: true });
  }

  /** Encodes a message from JSON with the names of the proto file. */
  encodeFromJson(name: string, json: unknown): GrpcMessage {
    const message = this.named(name);
    // fromJson checks the value itself, and refuses halves of characters, which texts that were cut may end with.
    return [toBinary(message, fromJson(message, isWellFormed(json) ? (json as JsonValue) : wellFormed(json)))];
  }
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

import {
  type DescFile,
  type FileRegistry,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { invalidArgument, MillraceError } from '../../../../core/index.js';
import type { GrpcMethod, GrpcStream, GrpcStreamHandler } from '../method.js';
import { GRPC_STATUS_CODES } from '../status.js';
import { createReflectedFiles, fileOfSymbol, REFLECTION_PACKAGES } from './files.js';

/** A `ServerReflectionRequest` in JSON; one of the members is there. */
interface ReflectionRequest {
  readonly host: string;
  readonly file_by_filename?: string;
  readonly file_containing_symbol?: string;
  readonly file_containing_extension?: { readonly containing_type: string };
  readonly all_extension_numbers_of_type?: string;
  readonly list_services?: string;
}

/** The `message_response` of an answer in JSON. */
type ReflectionAnswer = Readonly<Record<string, JsonValue>>;

/**
 * `grpc.reflection.v1.ServerReflection` and its older twin `v1alpha`: which services there are and what they consist of, for
 * tools such as grpcurl. Any key will do, as there is nothing secret in it.
 */
export function createReflectionMethods(dialectFiles: () => readonly Uint8Array[]): readonly GrpcMethod[] {
  let registry: FileRegistry | undefined;
  const files = () => {
    registry ??= createReflectedFiles(dialectFiles());
    return registry;
  };
  return REFLECTION_PACKAGES.map((name) => ({
    kind: 'stream',
    path: `/${name}.ServerReflection/ServerReflectionInfo`,
    access: 'key',
    control: false,
    sideline: true,
    open: (stream) => answerAll(stream, name, files()),
  }));
}

function answerAll(stream: GrpcStream, packageName: string, files: FileRegistry): GrpcStreamHandler {
  const messageNamed = (name: string) => {
    const message = files.getMessage(`${packageName}.${name}`);
    if (message === undefined) throw new MillraceError('internal', `no message ${name}`);
    return message;
  };
  const answer = (message: Uint8Array): Uint8Array => {
    const request = decode(message);
    const response = messageNamed('ServerReflectionResponse');
    const json = { valid_host: request.host, original_request: { ...request }, ...answerTo(request, files) };
    // The request is JSON because it was made by toJson.
    return toBinary(response, fromJson(response, json as JsonValue));
  };
  const decode = (bytes: Uint8Array): ReflectionRequest => {
    const message = messageNamed('ServerReflectionRequest');
    try {
      const json = toJson(message, fromBinary(message, bytes, { readUnknownFields: false }), {
        useProtoFieldName: true,
        alwaysEmitImplicit: true,
      });
      // The message has these fields.
      return json as unknown as ReflectionRequest;
    } catch (error) {
      throw invalidArgument('the message is no ServerReflectionRequest', { cause: error });
    }
  };
  return {
    onMessage(message) {
      try {
        return stream.send([answer(message)]) ? undefined : stream.drained();
      } catch (error) {
        stream.end(error);
        return undefined;
      }
    },
    onHalfClose: () => stream.end(),
    onBroken: () => undefined,
  };
}

function answerTo(request: ReflectionRequest, files: FileRegistry): ReflectionAnswer {
  const { file_by_filename: filename, file_containing_symbol: symbol, all_extension_numbers_of_type: type } = request;
  if (request.list_services !== undefined) {
    const services = [...files].filter((known) => known.kind === 'service');
    return { list_services_response: { service: services.map(({ typeName }) => ({ name: typeName })) } };
  }
  if (filename !== undefined) {
    const file = [...files.files].find(({ proto }) => proto.name === filename);
    return file === undefined ? notFound(`file '${filename}'`) : describe(file);
  }
  if (symbol !== undefined) {
    const file = fileOfSymbol(files, symbol);
    return file === undefined ? notFound(`symbol '${symbol}'`) : describe(file);
  }
  if (type !== undefined) {
    if (files.getMessage(type) === undefined) return notFound(`message '${type}'`);
    return { all_extension_numbers_response: { base_type_name: type, extension_number: [] } };
  }
  if (request.file_containing_extension !== undefined) {
    return notFound(`an extension of '${request.file_containing_extension.containing_type}'`);
  }
  return refuse(GRPC_STATUS_CODES.INVALID_ARGUMENT, 'the request asks for nothing');
}

/** The file and all that it needs, the file itself first. */
function describe(file: DescFile): ReflectionAnswer {
  const all = new Set<DescFile>();
  const add = (next: DescFile) => {
    all.add(next);
    next.dependencies.forEach(add);
  };
  add(file);
  const encoded = [...all].map(({ proto }) =>
    Buffer.from(toBinary(FileDescriptorProtoSchema, proto)).toString('base64'),
  );
  return { file_descriptor_response: { file_descriptor_proto: encoded } };
}

function notFound(what: string): ReflectionAnswer {
  return refuse(GRPC_STATUS_CODES.NOT_FOUND, `${what} is not served here`);
}

function refuse(code: number, message: string): ReflectionAnswer {
  return { error_response: { error_code: code, error_message: message } };
}

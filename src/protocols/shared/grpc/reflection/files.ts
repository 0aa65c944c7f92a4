import { create, createFileRegistry, type DescFile, type FileRegistry, fromBinary } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { describeProtoFile, type ProtoTable } from '../../../../protobuf/tables/index.js';

/** The packages in which clients look for reflection: newer and older ones differ in nothing but the name. */
export const REFLECTION_PACKAGES = ['grpc.reflection.v1', 'grpc.reflection.v1alpha'] as const;

const REFLECTION_MESSAGES: ProtoTable['messages'] = {
  ServerReflectionRequest: {
    host: [1, 'string'],
    file_by_filename: [3, 'string', 'message_request'],
    file_containing_symbol: [4, 'string', 'message_request'],
    file_containing_extension: [5, 'ExtensionRequest', 'message_request'],
    all_extension_numbers_of_type: [6, 'string', 'message_request'],
    list_services: [7, 'string', 'message_request'],
  },
  ExtensionRequest: { containing_type: [1, 'string'], extension_number: [2, 'int32'] },
  ServerReflectionResponse: {
    valid_host: [1, 'string'],
    original_request: [2, 'ServerReflectionRequest'],
    file_descriptor_response: [4, 'FileDescriptorResponse', 'message_response'],
    all_extension_numbers_response: [5, 'ExtensionNumberResponse', 'message_response'],
    list_services_response: [6, 'ListServiceResponse', 'message_response'],
    error_response: [7, 'ErrorResponse', 'message_response'],
  },
  FileDescriptorResponse: { file_descriptor_proto: [1, 'bytes[]'] },
  ExtensionNumberResponse: { base_type_name: [1, 'string'], extension_number: [2, 'int32[]'] },
  ListServiceResponse: { service: [1, 'ServiceResponse[]'] },
  ServiceResponse: { name: [1, 'string'] },
  ErrorResponse: { error_code: [1, 'int32'], error_message: [2, 'string'] },
};

function describeReflection(name: string): FileDescriptorProto {
  return describeProtoFile({
    name: `${name.replaceAll('.', '/')}/reflection.proto`,
    package: name,
    imports: [],
    messages: REFLECTION_MESSAGES,
    enums: {},
    services: {
      ServerReflection: {
        ServerReflectionInfo: ['stream ServerReflectionRequest', 'stream ServerReflectionResponse'],
      },
    },
  });
}

/** `grpc/health/v1/health.proto`, whose enum is nested. */
function describeHealth(): FileDescriptorProto {
  const scope = '.grpc.health.v1.';
  const values = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
  const one = { number: 1, label: FieldDescriptorProto_Label.OPTIONAL };
  const types = { inputType: `${scope}HealthCheckRequest`, outputType: `${scope}HealthCheckResponse` };
  const { STRING, ENUM } = FieldDescriptorProto_Type;
  return create(FileDescriptorProtoSchema, {
    name: 'grpc/health/v1/health.proto',
    package: 'grpc.health.v1',
    syntax: 'proto3',
    messageType: [
      { name: 'HealthCheckRequest', field: [{ ...one, name: 'service', type: STRING }] },
      {
        name: 'HealthCheckResponse',
        field: [{ ...one, name: 'status', type: ENUM, typeName: `${scope}HealthCheckResponse.ServingStatus` }],
        enumType: [{ name: 'ServingStatus', value: values.map((name, number) => ({ name, number })) }],
      },
    ],
    service: [
      {
        name: 'Health',
        method: [
          { ...types, name: 'Check' },
          { ...types, name: 'Watch', serverStreaming: true },
        ],
      },
    ],
  });
}

/** Every file behind the services of a gRPC port: those of its dialects, serialised, and what every port has. */
export function createReflectedFiles(dialects: readonly Uint8Array[]): FileRegistry {
  const own = dialects.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
  // Dialects may bring the same file, such as one of Google's.
  const named = new Map(own.map((file) => [file.name, file]));
  const file = [...named.values(), describeHealth(), ...REFLECTION_PACKAGES.map(describeReflection)];
  return createFileRegistry(create(FileDescriptorSetSchema, { file }));
}

/** The file that defines a message, enum or service, or one of their fields, values or methods. */
export function fileOfSymbol(files: FileRegistry, symbol: string): DescFile | undefined {
  const known = files.get(symbol);
  if (known !== undefined) return known.file;
  const dot = symbol.lastIndexOf('.');
  const parent = dot < 0 ? undefined : files.get(symbol.slice(0, dot));
  const member = symbol.slice(dot + 1);
  const members = parent === undefined ? [] : membersOf(parent);
  return members.includes(member) ? parent?.file : undefined;
}

function membersOf(parent: NonNullable<ReturnType<FileRegistry['get']>>): readonly string[] {
  switch (parent.kind) {
    case 'message':
      return parent.fields.map((field) => field.name);
    case 'enum':
      return parent.values.map((value) => value.name);
    case 'service':
      return parent.methods.map((method) => method.name);
    case 'extension':
      return [];
    default:
      return parent satisfies never;
  }
}

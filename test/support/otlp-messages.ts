import { create, createFileRegistry, fromBinary, toBinary, toJson } from '@bufbuild/protobuf';
import { FieldDescriptorProto_Type, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { describeProtoFile } from '../../src/protobuf/tables/index.js';

/** `opentelemetry/proto/collector/trace/v1`, `trace/v1`, `resource/v1` and `common/v1`, as far as spans need them, in one package; fields by their names in JSON. */
const FILE = describeProtoFile({
  name: 'otlp.proto',
  package: 'otlp',
  imports: [],
  messages: {
    ExportTraceServiceRequest: { resourceSpans: [1, 'ResourceSpans[]'] },
    ExportTraceServiceResponse: { partialSuccess: [1, 'ExportTracePartialSuccess'] },
    ExportTracePartialSuccess: { rejectedSpans: [1, 'int64'], errorMessage: [2, 'string'] },
    ResourceSpans: { resource: [1, 'Resource'], scopeSpans: [2, 'ScopeSpans[]'] },
    Resource: { attributes: [1, 'KeyValue[]'] },
    ScopeSpans: { scope: [1, 'InstrumentationScope'], spans: [2, 'Span[]'] },
    InstrumentationScope: { name: [1, 'string'], version: [2, 'string'] },
    Span: {
      traceId: [1, 'bytes'],
      spanId: [2, 'bytes'],
      traceState: [3, 'string'],
      parentSpanId: [4, 'bytes'],
      name: [5, 'string'],
      kind: [6, 'int32'],
      startTimeUnixNano: [7, 'uint64'],
      endTimeUnixNano: [8, 'uint64'],
      attributes: [9, 'KeyValue[]'],
      links: [13, 'Link[]'],
      status: [15, 'Status'],
      flags: [16, 'uint32'],
    },
    Link: { traceId: [1, 'bytes'], spanId: [2, 'bytes'], flags: [6, 'uint32'] },
    Status: { message: [2, 'string'], code: [3, 'int32'] },
    KeyValue: { key: [1, 'string'], value: [2, 'AnyValue'] },
    AnyValue: {
      stringValue: [1, 'string', 'value'],
      boolValue: [2, 'bool', 'value'],
      intValue: [3, 'int64', 'value'],
      doubleValue: [4, 'double', 'value'],
      arrayValue: [5, 'ArrayValue', 'value'],
    },
    ArrayValue: { values: [1, 'AnyValue[]'] },
  },
  enums: {},
  services: {},
});

const { FIXED32, FIXED64, UINT32, UINT64 } = FieldDescriptorProto_Type;
for (const message of FILE.messageType.filter(({ name }) => name === 'Span' || name === 'Link')) {
  for (const field of message.field) {
    if (field.type === UINT64) field.type = FIXED64;
    if (field.type === UINT32) field.type = FIXED32;
  }
}
const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [FILE] }));

function schemaOf(name: string) {
  const schema = registry.getMessage(`otlp.${name}`);
  if (schema === undefined) throw new Error(`no message ${name}`);
  return schema;
}

/** A request as OTLP's JSON has it, but with ids in base64. */
export function decodeOtlpRequest(bytes: Uint8Array): unknown {
  const schema = schemaOf('ExportTraceServiceRequest');
  return toJson(schema, fromBinary(schema, bytes), { useProtoFieldName: true });
}

/** The answer of a collector that has not taken so many spans. */
export function encodeOtlpRejection(rejected: number, message: string): Uint8Array {
  const partial = create(schemaOf('ExportTracePartialSuccess'), {
    rejectedSpans: BigInt(rejected),
    errorMessage: message,
  });
  return toBinary(
    schemaOf('ExportTraceServiceResponse'),
    create(schemaOf('ExportTraceServiceResponse'), { partialSuccess: partial }),
  );
}

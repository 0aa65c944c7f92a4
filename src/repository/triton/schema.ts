import { create, createFileRegistry, type DescMessage } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  EnumDescriptorProtoSchema,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  OneofDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import { ENUMS, type FieldRow, MESSAGES } from './schema-table.js';

const PACKAGE = 'inference';

const SCALARS: Readonly<Record<string, FieldDescriptorProto_Type>> = {
  string: FieldDescriptorProto_Type.STRING,
  bool: FieldDescriptorProto_Type.BOOL,
  int32: FieldDescriptorProto_Type.INT32,
  int64: FieldDescriptorProto_Type.INT64,
  uint32: FieldDescriptorProto_Type.UINT32,
  uint64: FieldDescriptorProto_Type.UINT64,
  float: FieldDescriptorProto_Type.FLOAT,
  double: FieldDescriptorProto_Type.DOUBLE,
};

const registry = createFileRegistry(
  create(FileDescriptorProtoSchema, {
    name: 'model_config.proto',
    package: PACKAGE,
    syntax: 'proto3',
    messageType: Object.entries(MESSAGES).map(([name, fields]) => describeMessage(name, fields)),
    enumType: Object.entries(ENUMS).map(([name, values]) =>
      create(EnumDescriptorProtoSchema, { name, value: values.map((value, number) => ({ name: value, number })) }),
    ),
  }),
  () => undefined,
);

/** Triton's `ModelConfig` message. */
export const ModelConfigMessage: DescMessage = messageNamed(`${PACKAGE}.ModelConfig`);

function messageNamed(typeName: string): DescMessage {
  const message = registry.getMessage(typeName);
  if (message === undefined) throw new Error(`no message ${typeName} in the schema table`);
  return message;
}

/** The names that may stand where a protobuf type is expected: fields of a message, values of an enum. */
export function knownNames(typeName: string): readonly string[] {
  const message = registry.getMessage(typeName);
  if (message !== undefined) return message.fields.map((field) => field.name);
  return registry.getEnum(typeName)?.values.map((value) => value.name) ?? [];
}

function describeMessage(name: string, fields: Readonly<Record<string, FieldRow>>): DescriptorProto {
  const oneofs = [...new Set(Object.values(fields).flatMap(([, , oneof]) => (oneof === undefined ? [] : [oneof])))];
  const nestedType: DescriptorProto[] = [];
  const field = Object.entries(fields).map(([fieldName, [number, type, oneof]]) => {
    const map = /^map<(\w+),(\w+)>$/.exec(type);
    if (map === null) {
      const described = describeField(fieldName, number, type);
      return oneof === undefined ? described : { ...described, oneofIndex: oneofs.indexOf(oneof) };
    }
    const [, key = '', value = ''] = map;
    const entry = entryName(fieldName);
    nestedType.push(describeMapEntry(entry, key, value));
    return describeField(fieldName, number, `${name}.${entry}[]`);
  });
  const oneofDecl = oneofs.map((oneof) => create(OneofDescriptorProtoSchema, { name: oneof }));
  return create(DescriptorProtoSchema, { name, field, nestedType, oneofDecl });
}

function describeMapEntry(name: string, key: string, value: string): DescriptorProto {
  return create(DescriptorProtoSchema, {
    name,
    field: [describeField('key', 1, key), describeField('value', 2, value)],
    options: { mapEntry: true },
  });
}

function describeField(name: string, number: number, type: string): FieldDescriptorProto {
  const item = type.endsWith('[]') ? type.slice(0, -2) : type;
  const label = item === type ? FieldDescriptorProto_Label.OPTIONAL : FieldDescriptorProto_Label.REPEATED;
  const scalar = SCALARS[item];
  if (scalar !== undefined) return create(FieldDescriptorProtoSchema, { name, number, label, type: scalar });
  const kind = item in ENUMS ? FieldDescriptorProto_Type.ENUM : FieldDescriptorProto_Type.MESSAGE;
  return create(FieldDescriptorProtoSchema, { name, number, label, type: kind, typeName: `.${PACKAGE}.${item}` });
}

/** `input_map` → `InputMapEntry`, as protoc calls the message behind a map. */
function entryName(field: string): string {
  return `${field.replace(/(?:^|_)([a-z])/g, (_match, letter: string) => letter.toUpperCase())}Entry`;
}

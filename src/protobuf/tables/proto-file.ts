import { create } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type EnumDescriptorProto,
  EnumDescriptorProtoSchema,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  OneofDescriptorProtoSchema,
  type ServiceDescriptorProto,
  ServiceDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';

/**
 * A field is `[number, type, oneof?]`; a type is a scalar, a message or an enum of the same package, a message of another one
 * (`.google.rpc.Status`), an enum of another one (`enum .google.rpc.Code`), `T[]` or `map<K,V>`. An `optional` field is alone in the
 * oneof `_{name}`.
 */
export type FieldRow = readonly [number: number, type: string, oneof?: string];

/** A proto3 file as a table. Names of nested messages and enums are joined with a dot. */
export interface ProtoTable {
  readonly name: string;
  readonly package: string;
  readonly imports: readonly string[];
  readonly messages: Readonly<Record<string, Readonly<Record<string, FieldRow>>>>;
  /** Values in order, numbered from 0, or by their numbers. */
  readonly enums: Readonly<Record<string, readonly string[] | Readonly<Record<string, number>>>>;
  /** By service and method, the types of request and answer; `stream T` where there may be many. */
  readonly services: Readonly<Record<string, Readonly<Record<string, readonly [request: string, answer: string]>>>>;
}

const SCALARS: Readonly<Record<string, FieldDescriptorProto_Type>> = {
  string: FieldDescriptorProto_Type.STRING,
  bytes: FieldDescriptorProto_Type.BYTES,
  bool: FieldDescriptorProto_Type.BOOL,
  int32: FieldDescriptorProto_Type.INT32,
  int64: FieldDescriptorProto_Type.INT64,
  uint32: FieldDescriptorProto_Type.UINT32,
  uint64: FieldDescriptorProto_Type.UINT64,
  float: FieldDescriptorProto_Type.FLOAT,
  double: FieldDescriptorProto_Type.DOUBLE,
};

const { ENUM } = FieldDescriptorProto_Type;

/** The descriptor that protoc would make of the file. */
export function describeProtoFile(table: ProtoTable): FileDescriptorProto {
  return create(FileDescriptorProtoSchema, {
    name: table.name,
    package: table.package,
    syntax: 'proto3',
    dependency: [...table.imports],
    messageType: describeMessages(table, ''),
    enumType: describeEnums(table, ''),
    service: Object.entries(table.services).map(([name, methods]) => describeService(table, name, methods)),
  });
}

/** The messages whose names begin with `prefix`, without those nested in them. */
function describeMessages(table: ProtoTable, prefix: string): DescriptorProto[] {
  return Object.entries(table.messages)
    .filter(([name]) => name.startsWith(prefix) && !name.slice(prefix.length).includes('.'))
    .map(([name, fields]) => describeMessage(table, name, fields));
}

/** The enums whose names begin with `prefix`, without those nested deeper. */
function describeEnums(table: ProtoTable, prefix: string): EnumDescriptorProto[] {
  return Object.entries(table.enums)
    .filter(([name]) => name.startsWith(prefix) && !name.slice(prefix.length).includes('.'))
    .map(([name, values]) => {
      const numbered: readonly (readonly [string, number])[] = Array.isArray(values)
        ? values.map((value, number) => [value, number])
        : Object.entries(values);
      const value = numbered.map(([label, number]) => ({ name: label, number }));
      return create(EnumDescriptorProtoSchema, { name: name.slice(prefix.length), value });
    });
}

function describeMessage(table: ProtoTable, fullName: string, fields: Fields) {
  const oneofs = oneofsOf(fields);
  const nestedType: DescriptorProto[] = describeMessages(table, `${fullName}.`);
  const field = inOrder(fields).map(([fieldName, [number, type, oneof]]) => {
    const map = /^map<(\w+),([\w.]+)>$/.exec(type);
    if (map === null) {
      const described = describeField(table, { name: fieldName, number, type });
      if (oneof === undefined) return described;
      return { ...described, oneofIndex: oneofs.indexOf(oneof), proto3Optional: oneof === `_${fieldName}` };
    }
    const [, key = '', value = ''] = map;
    const entry = entryName(fieldName);
    nestedType.push(
      create(DescriptorProtoSchema, {
        name: entry,
        field: [
          describeField(table, { name: 'key', number: 1, type: key }),
          describeField(table, { name: 'value', number: 2, type: value }),
        ],
        options: { mapEntry: true },
      }),
    );
    return describeField(table, { name: fieldName, number, type: `${fullName}.${entry}[]` });
  });
  const oneofDecl = oneofs.map((oneof) => create(OneofDescriptorProtoSchema, { name: oneof }));
  const name = fullName.slice(fullName.lastIndexOf('.') + 1);
  const enumType = describeEnums(table, `${fullName}.`);
  return create(DescriptorProtoSchema, { name, field, nestedType, enumType, oneofDecl });
}

type Fields = Readonly<Record<string, FieldRow>>;

/** Names of the oneofs; those of optional fields come last, as protoc has them. */
function oneofsOf(fields: Fields): readonly string[] {
  const names = new Set(Object.values(fields).flatMap(([, , oneof]) => (oneof === undefined ? [] : [oneof])));
  const isOptional = (oneof: string) => oneof.startsWith('_') && oneof.slice(1) in fields;
  return [...names].sort((a, b) => Number(isOptional(a)) - Number(isOptional(b)));
}

/** Members of a oneof behind the first of them: readers of descriptors in Go refuse others. */
function inOrder(fields: Fields): readonly (readonly [string, FieldRow])[] {
  const all = Object.entries(fields);
  const together = new Map<string, (readonly [string, FieldRow])[]>();
  for (const [name, row] of all) {
    const [, , oneof] = row;
    const group = oneof ?? `.${name}`;
    together.set(group, [...(together.get(group) ?? []), [name, row]]);
  }
  return [...together.values()].flat();
}

interface NamedField {
  readonly name: string;
  readonly number: number;
  readonly type: string;
}

function describeField(table: ProtoTable, { name, number, type }: NamedField): FieldDescriptorProto {
  const item = type.endsWith('[]') ? type.slice(0, -2) : type;
  const label = item === type ? FieldDescriptorProto_Label.OPTIONAL : FieldDescriptorProto_Label.REPEATED;
  const scalar = SCALARS[item];
  if (scalar !== undefined) return create(FieldDescriptorProtoSchema, { name, number, label, type: scalar });
  const [foreign, enumName = ''] = /^enum (.+)$/.exec(item) ?? [];
  if (foreign !== undefined) {
    return create(FieldDescriptorProtoSchema, { name, number, label, type: ENUM, typeName: enumName });
  }
  const kind = item in table.enums ? ENUM : FieldDescriptorProto_Type.MESSAGE;
  return create(FieldDescriptorProtoSchema, { name, number, label, type: kind, typeName: typeName(table, item) });
}

function describeService(
  table: ProtoTable,
  name: string,
  methods: Readonly<Record<string, readonly [string, string]>>,
): ServiceDescriptorProto {
  return create(ServiceDescriptorProtoSchema, {
    name,
    method: Object.entries(methods).map(([method, [request, answer]]) => ({
      name: method,
      inputType: typeName(table, request.replace(STREAM, '')),
      outputType: typeName(table, answer.replace(STREAM, '')),
      clientStreaming: STREAM.test(request),
      serverStreaming: STREAM.test(answer),
    })),
  });
}

const STREAM = /^stream /;

function typeName(table: ProtoTable, name: string): string {
  return name.startsWith('.') ? name : `.${table.package}.${name}`;
}

/** `input_map` → `InputMapEntry`, as protoc calls the message behind a map. */
function entryName(field: string): string {
  return `${field.replace(/(?:^|_)([a-z])/g, (_match, letter: string) => letter.toUpperCase())}Entry`;
}

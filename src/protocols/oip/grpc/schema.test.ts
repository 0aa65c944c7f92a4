import { readFileSync } from 'node:fs';
import {
  create,
  createFileRegistry,
  type DescField,
  type DescMessage,
  type FileRegistry,
  fromBinary,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../../core/index.js';
import { MESSAGES } from './schema.js';

/** What Triton's own client was made from. */
const triton = createFileRegistry(
  create(FileDescriptorSetSchema, {
    file: ['model_config', 'grpc_service'].map((name) =>
      fromBinary(FileDescriptorProtoSchema, readFileSync(`test/fixtures/triton/${name}.desc`)),
    ),
  }),
);

function messagesOf(registry: FileRegistry, file: string): readonly DescMessage[] {
  const nested = (message: DescMessage): readonly DescMessage[] => [message, ...message.nestedMessages.flatMap(nested)];
  return registry.getFile(file)?.messages.flatMap(nested) ?? [];
}

/** Everything about a field that can be seen on the wire, and in JSON. */
function describeField(field: DescField): string {
  const type = field.message?.name ?? field.enum?.name ?? field.scalar;
  const map = field.fieldKind === 'map' ? ` by ${field.mapKey}` : '';
  const oneof = field.oneof === undefined ? '' : ` in ${field.oneof.name}`;
  return `${field.name} = ${field.number}: ${field.fieldKind}${map} of ${type}${oneof}`;
}

const fieldsOf = (messages: readonly DescMessage[], named: (message: DescMessage) => string) =>
  new Map(messages.map((message) => [named(message), message.fields.map(describeField)]));

describe('the schema table', () => {
  it("has Triton's messages with their fields, and one of the Open Inference Protocol", () => {
    const own = fieldsOf(messagesOf(MESSAGES.registry, 'grpc_service.proto'), ({ typeName }) => typeName);
    const expected = fieldsOf(messagesOf(triton, 'grpc_service.proto'), ({ typeName }) => typeName);
    expected.get('inference.ModelMetadataResponse')?.push('properties = 6: map by 9 of 9');
    expect(own).toEqual(expected);
  });

  it("has Triton's methods", () => {
    const methodsOf = (registry: FileRegistry) =>
      registry
        .getService('inference.GRPCInferenceService')
        ?.methods.map(({ name, methodKind, input, output }) => [name, methodKind, input.typeName, output.typeName]);
    expect(methodsOf(MESSAGES.registry)).toEqual(methodsOf(triton));
    expect(methodsOf(triton)).toHaveLength(20);
  });

  it('has no field of a configuration that Triton has not', () => {
    const compared = new Set<string>();
    const compare = (own: DescMessage, expected: DescMessage | undefined): void => {
      if (compared.has(own.name)) return;
      compared.add(own.name);
      for (const field of own.fields) {
        const other = expected?.fields.find(({ number }) => number === field.number);
        expect(wireOf(field), `${own.name}.${field.name}`).toBe(other && wireOf(other));
        if (field.message !== undefined) compare(field.message, other?.message);
      }
    };
    compare(MESSAGES.named('ModelConfig'), triton.getMessage('inference.ModelConfig'));
    expect(compared.size).toBeGreaterThan(40);
  });
});

/** What a field is, without the names of types, which are no part of any message. */
function wireOf(field: DescField): string {
  const values = field.enum?.values.map(({ name, number }) => `${name} ${number}`);
  return `${field.name}: ${field.fieldKind} of ${values ?? field.scalar ?? 'a message'} in ${field.oneof?.name}`;
}

describe('the generic codec', () => {
  it('refuses what is malformed', () => {
    expect(() => MESSAGES.decode('ModelReadyRequest', Uint8Array.of(0x0a, 0x05, 0x61))).toThrow(
      new MillraceError('invalid_argument', 'request: malformed ModelReadyRequest: premature EOF'),
    );
  });

  it('replaces halves of characters, with which a text may end that was cut', () => {
    const models = [
      { name: 'm', version: '1', state: 'UNAVAILABLE', reason: 'expected 1, got \u{1f600}'.slice(0, -1) },
    ];
    const [message] = MESSAGES.encodeFromJson('RepositoryIndexResponse', { models });
    expect(MESSAGES.decodeToJson('RepositoryIndexResponse', message as Uint8Array)).toEqual({
      models: [{ ...models[0], reason: 'expected 1, got \ufffd' }],
    });
  });

  it('knows what it does not know', () => {
    expect(() => MESSAGES.named('Nope')).toThrow(new MillraceError('internal', 'no message Nope in the schema table'));
  });
});

import { createFileRegistry, type DescMessage } from '@bufbuild/protobuf';
import { describeProtoFile } from '../../protobuf/tables/index.js';
import { ENUMS, MESSAGES } from './schema-table.js';

const PACKAGE = 'inference';

/** The descriptor of Triton's `model_config.proto`. */
export const MODEL_CONFIG_FILE = describeProtoFile({
  name: 'model_config.proto',
  package: PACKAGE,
  imports: [],
  messages: MESSAGES,
  enums: ENUMS,
  services: {},
});

const registry = createFileRegistry(MODEL_CONFIG_FILE, () => undefined);

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

import { fromJson, type JsonValue, toJson } from '@bufbuild/protobuf';
import { fromText } from '@bufbuild/protobuf/txtpb';
import { didYouMean } from '../../text/index.js';
import type { TritonConfig } from './config-types.js';
import { locateFailure } from './locate.js';
import { knownNames, ModelConfigMessage } from './schema.js';

/** Reads a `config.pbtxt`. Throws an Error whose message begins with `line:column` and says what was expected. */
export function parseTritonText(text: string): TritonConfig {
  try {
    return complete(fromText(ModelConfigMessage, text));
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${locateFailure(text, message, textFailure)}: ${explain(message)}`);
  }
}

/** Reads the JSON form of the same, as the parsed JSON value. Throws an Error naming the field. */
export function parseTritonJson(value: unknown): TritonConfig {
  try {
    // fromJson checks the value itself.
    return complete(fromJson(ModelConfigMessage, value as JsonValue));
  } catch (error) {
    throw new Error(explain((error as Error).message));
  }
}

function complete(message: ReturnType<typeof fromText>): TritonConfig {
  const json = toJson(ModelConfigMessage, message, { useProtoFieldName: true, alwaysEmitImplicit: true });
  // The type describes what the schema table makes toJson write.
  return json as unknown as TritonConfig;
}

function textFailure(text: string): string | undefined {
  try {
    fromText(ModelConfigMessage, text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** How the library names what it does not know: the name and the message or enum it looked in. */
const UNKNOWN: readonly RegExp[] = [
  /unknown (?:field|enum value) "(?<name>[^"]*)" for (?:message|enum) (?<type>inference\.\w+)/,
  /decode message (?<type>inference\.\w+) from JSON: key "(?<name>[^"]*)" is unknown/,
  /decode enum (?<type>inference\.\w+) from JSON: "(?<name>[^"]*)"/,
];

/** The library's message without package names, with a suggestion where a name is unknown. */
function explain(message: string): string {
  const plain = message.replaceAll('inference.', '').replace(/^cannot decode field (\S+) from text format: /, '$1: ');
  for (const pattern of UNKNOWN) {
    const { name, type } = pattern.exec(message)?.groups ?? {};
    if (name !== undefined && type !== undefined) return plain + didYouMean(name, knownNames(type), "'");
  }
  return plain;
}

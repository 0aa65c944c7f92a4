import { create, createFileRegistry, toJson } from '@bufbuild/protobuf';
import { fromText } from '@bufbuild/protobuf/txtpb';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { describeProtoFile } from '../../protobuf/tables/index.js';
import { locateFailure } from '../triton/locate.js';
import { writtenLabels } from './label-places.js';
import { type ListedModel, type ModelServerConfig, readListedModels } from './listed-models.js';
import { MODEL_SERVER_CONFIG_FILES } from './schema-table.js';

const PACKAGE = 'tensorflow.serving.';

const registry = createFileRegistry(
  create(FileDescriptorSetSchema, { file: MODEL_SERVER_CONFIG_FILES.map(describeProtoFile) }),
);
const MESSAGE = registry.getMessage(`${PACKAGE}ModelServerConfig`);

/** The models in a `models.config`. Throws an Error whose message begins with `line:column` where the text is wrong. */
export function parseModelsConfig(text: string): readonly ListedModel[] {
  const listed = readListedModels(parse(text));
  const places = placesOf(text);
  return listed.map((model, index) => {
    const labelPlaces = places.get(index);
    return labelPlaces === undefined ? model : { ...model, choice: { ...model.choice, labelPlaces } };
  });
}

/** `line:column` of each label, by the index of its model in the list. */
function placesOf(text: string): ReadonlyMap<number, Readonly<Record<string, string>>> {
  const places = new Map<number, Readonly<Record<string, string>>>();
  for (const { config, text: entry, place } of writtenLabels(text)) {
    const alone = parse(`model_config_list { config { version_labels { ${entry}\n} } }`);
    const [label = ''] = Object.keys(alone.model_config_list?.config[0]?.version_labels ?? {});
    places.set(config, { ...places.get(config), [label]: place });
  }
  return places;
}

function parse(text: string): ModelServerConfig {
  if (MESSAGE === undefined) throw new Error('no message ModelServerConfig in the schema table');
  try {
    const json = toJson(MESSAGE, fromText(MESSAGE, text), { useProtoFieldName: true, alwaysEmitImplicit: true });
    // The type describes what the schema table makes toJson write.
    return json as unknown as ModelServerConfig;
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${locateFailure(text, message, failureOf)}: ${message.replaceAll(PACKAGE, '')}`);
  }
}

function failureOf(text: string): string | undefined {
  if (MESSAGE === undefined) return undefined;
  try {
    fromText(MESSAGE, text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

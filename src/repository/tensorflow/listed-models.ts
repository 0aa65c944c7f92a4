import type { VersionPolicy } from '../model-config.js';
import { labelProblem, modelNameProblem } from '../names.js';
import type { VersionChoice } from '../types.js';

/** A model of a list, as TensorFlow Serving is told of them: `models.config`, and over gRPC. */
export interface ListedModel {
  readonly name: string;
  /** The folder with its version folders, as it was given. */
  readonly basePath: string;
  readonly choice: VersionChoice;
  /** It has a `logging_config`, of which nothing comes here. */
  readonly asksForLog?: true;
}

/** A `ModelServerConfig` as protobuf's JSON mapping has it. */
export interface ModelServerConfig {
  readonly model_config_list?: {
    readonly config: readonly ListedConfig[];
  };
}

interface ListedConfig {
  readonly name: string;
  readonly base_path: string;
  readonly model_platform: string;
  readonly model_version_policy?: {
    readonly latest?: { readonly num_versions: number };
    readonly all?: object;
    readonly specific?: { readonly versions: readonly string[] };
  };
  readonly version_labels: Readonly<Record<string, string>>;
  readonly logging_config?: object;
}

/** What such files say of every model, whatever its format is here. */
const PLATFORM = 'tensorflow';

/** The models of a list. Throws a sentence that names the one that is wrong. */
export function readListedModels({ model_config_list: list }: ModelServerConfig): readonly ListedModel[] {
  if (list === undefined) throw new Error("expected 'model_config_list', got none");
  const names = new Set<string>();
  return list.config.map((config, index) => {
    const problem = modelNameProblem(config.name);
    if (problem !== undefined) throw new Error(`config[${index}]: the model's name '${config.name}' ${problem}`);
    if (names.has(config.name)) throw new Error(`model '${config.name}' is listed twice`);
    names.add(config.name);
    try {
      return readListedModel(config);
    } catch (error) {
      throw new Error(`model '${config.name}': ${(error as Error).message}`);
    }
  });
}

function readListedModel(config: ListedConfig): ListedModel {
  const { name, base_path: basePath, model_platform: platform, version_labels: labels } = config;
  if (basePath === '') throw new Error("expected a 'base_path', got none");
  if (platform !== '' && platform !== PLATFORM) {
    throw new Error(`expected 'model_platform' to be "${PLATFORM}" or nothing, got "${platform}"`);
  }
  const versions = readPolicy(config);
  const choice = { ...(versions === undefined ? {} : { versions }), labels: readLabels(labels) };
  return { name, basePath, choice, ...(config.logging_config !== undefined && { asksForLog: true }) };
}

function readPolicy({ model_version_policy: policy }: ListedConfig): VersionPolicy | undefined {
  if (policy === undefined) return undefined;
  if (policy.all !== undefined) return 'all';
  if (policy.specific !== undefined) {
    const specific = policy.specific.versions.map(Number);
    if (specific.length === 0) throw new Error("expected versions in 'specific', got none");
    const wrong = specific.find((version) => !isVersion(version));
    if (wrong !== undefined) throw new Error(`expected positive versions in 'specific', got ${wrong}`);
    return { specific };
  }
  // 0 is what a message has that does not say.
  return policy.latest === undefined ? undefined : { latest: Math.max(1, policy.latest.num_versions) };
}

function readLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(labels).map(([label, text]) => {
      const problem = labelProblem(label);
      if (problem !== undefined) throw new Error(`'${label}' ${problem}`);
      const version = Number(text);
      if (!isVersion(version)) throw new Error(`label '${label}': expected a positive version, got ${text}`);
      return [label, version];
    }),
  );
}

function isVersion(version: number): boolean {
  return Number.isSafeInteger(version) && version > 0;
}

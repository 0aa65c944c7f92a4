import path from 'node:path';
import { invalidArgument } from '../../core/index.js';
import type { PoolingPlan } from '../pooling/plan.js';
import { type ConfigFile, hasFile, readConfigFile, readConfigList } from './model-files.js';
import type { TextOptions } from './options.js';
import { findTensor, type StoredTensor } from './safetensors.js';

/** Where the options say nothing; a text is only looked up, so this is a bound of answers that take no time. */
const DEFAULT_MAX_TOKENS = 512;
const FILE = 'model.safetensors';
/** Names of model2vec's files, and of sentence-transformers'. */
const MODEL2VEC_VECTORS = 'embeddings';
const MAPPING = 'mapping';
const WEIGHTS = 'weights';
const VECTORS = [MODEL2VEC_VECTORS, 'embedding.weight'];
/** Behind the vectors, these change nothing but the length. */
const MODULES = ['StaticEmbedding', 'Normalize'];

/** A model of vectors of words, without a graph: that of a text is their mean. */
export interface StaticPlan extends PoolingPlan {
  /** Reads those of all words, one behind the other. Rejects with `invalid_argument` where the file contradicts itself. */
  readonly readVectors: () => Promise<Float32Array>;
  /** Words that are unknown count for nothing, as model2vec has it. */
  readonly dropsUnknown: boolean;
}

/**
 * Reads the files of model2vec, or of a `StaticEmbedding` of sentence-transformers; undefined where they are of another model. Rejects with
 * `invalid_argument` where they are broken or contradict each other.
 */
export async function readStaticPlan(folder: string, options: TextOptions): Promise<StaticPlan | undefined> {
  const { task, onnxFile, maxInputTokens, pooling } = options;
  if (onnxFile !== '' || !(await hasFile(folder, FILE))) return undefined;
  const config = await readConfigFile(folder, 'config.json');
  const modules = await readModules(folder);
  if (modules[0] !== 'StaticEmbedding' && !isModel2Vec(config)) return undefined;
  if (task !== 'auto' && task !== 'embed') throw invalidArgument(`text.task: a model of ${FILE} embeds, got '${task}'`);
  if (pooling !== 'auto' && pooling !== 'mean') {
    throw invalidArgument(`text.pooling: the vector of a text is the mean of those of its words, got '${pooling}'`);
  }
  const extra = modules.find((type) => !MODULES.includes(type));
  if (extra !== undefined) throw invalidArgument(`modules.json has the module '${extra}', which is not run`);
  const vectors = await findTensor(path.join(folder, FILE), VECTORS);
  const [rows = 0, dimensions = 0] = vectors.shape;
  if (vectors.shape.length !== 2 || rows === 0 || dimensions === 0) {
    throw invalidArgument(`${FILE}: expected vectors of shape [words, dimensions], got [${vectors.shape.join(', ')}]`);
  }
  const find = (name: string) =>
    vectors.others.includes(name) ? findTensor(path.join(folder, FILE), [name]) : undefined;
  const [mapping, weights] = await Promise.all([find(MAPPING), find(WEIGHTS)]);
  const vocabularySize = mapping?.shape[0] ?? rows;
  const limits = { maxInputTokens: maxInputTokens || DEFAULT_MAX_TOKENS, vocabularySize };
  // What follows the mean in sentence-transformers, and a setting in model2vec.
  const isScaled = config.normalize === true || modules.includes('Normalize');
  return {
    readVectors: () => readVectors({ vectors, mapping, weights, vocabularySize, dimensions }),
    ...limits,
    tasks: { embed: { ...limits, dimensions, pooling: 'mean', prompts: [], tokenVectors: true } },
    normalize: isScaled && options.normalize,
    prompts: new Map(),
    defaultPrompt: '',
    inputPrompts: { query: '', document: '' },
    addsSpecialTokens: false,
    dropsUnknown: vectors.name === MODEL2VEC_VECTORS,
  };
}

interface StoredVectors {
  readonly vectors: StoredTensor;
  /** Of a quantised vocabulary, the vector of each word. */
  readonly mapping: StoredTensor | undefined;
  readonly weights: StoredTensor | undefined;
  readonly vocabularySize: number;
  readonly dimensions: number;
}

async function readVectors(stored: StoredVectors): Promise<Float32Array> {
  const { vocabularySize, dimensions } = stored;
  const vectors = await stored.vectors.read();
  if (stored.mapping === undefined && stored.weights === undefined) return toFloat32(vectors);
  const mapping = await stored.mapping?.read();
  const weights = await stored.weights?.read();
  const all = new Float32Array(vocabularySize * dimensions);
  for (let word = 0; word < vocabularySize; word++) {
    const from = (mapping?.[word] ?? word) * dimensions;
    const weight = weights === undefined ? 1 : weights[word];
    if (weight === undefined || vectors[from] === undefined) throw contradiction(word);
    for (let index = 0; index < dimensions; index++)
      all[word * dimensions + index] = (vectors[from + index] as number) * weight;
  }
  return all;
}

/** A copy only where they are not of that type. */
function toFloat32(values: Float32Array | Float64Array): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

function contradiction(word: number) {
  return invalidArgument(`${FILE}: word ${word} has no vector or no weight`);
}

function isModel2Vec({ model_type: type, architectures }: ConfigFile): boolean {
  return type === 'model2vec' || String(architectures) === 'StaticModel';
}

async function readModules(folder: string): Promise<readonly string[]> {
  const modules = (await readConfigList(folder, 'modules.json')) ?? [];
  return modules.map(({ type }) => String(type).split('.').at(-1) as string);
}

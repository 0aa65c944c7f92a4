import path from 'node:path';
import { EMBEDDING_POOLINGS, type EmbeddingSpec, invalidArgument } from '../../core/index.js';
import type { LoadSpec } from '../contract.js';
import { type GraphValue, readGraph } from '../onnx/graph-values.js';
import type { PoolingPlan } from '../pooling/plan.js';
import { type ConfigFile, findGraph, readConfigFile, readConfigList } from './model-files.js';
import type { TextOptions } from './options.js';

/** Inputs that are made of a text. */
const INPUTS = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'] as const;
/** Outputs by what exporters call them. */
const TEXT_VECTORS = ['sentence_embedding', 'text_embeds', 'pooled_embedding'];
const TOKEN_VECTORS = ['last_hidden_state', 'token_embeddings', 'hidden_states'];
const LOGITS = ['logits', 'scores'];
/** Of a graph that makes the weights of a text of its logits. */
const SPARSE_VECTORS = ['sparse_embedding', 'sentence_embedding'];
const SPLADE_MODULE = 'SpladePooling';
const SPARSE_MODULES = ['Transformer', 'MLMTransformer', SPLADE_MODULE];
/** Where the files say nothing. */
const DEFAULT_MAX_TOKENS = 512;
/** Tokenizers without a limit have 1e30. */
const MAX_TOKENS = 1_000_000;
/** Names under which models keep the prompts of queries and documents. */
const PROMPTS = { query: ['query', 'search_query'], document: ['document', 'passage', 'search_document'] } as const;

/** What the files of a text model say of it: all that runner and preparer need to know. */
export interface TextPlan extends PoolingPlan {
  /** Absolute path. */
  readonly graph: string;
  readonly inputs: readonly (typeof INPUTS)[number][];
  /** The output that a text is answered with; of an embedder without one in the graph, the vectors of its tokens. */
  readonly output: string;
  /** The output with the vectors of tokens, where there is one. */
  readonly tokenOutput: string | undefined;
  readonly padToken: number;
  /** Of a sparse model, how often `log(1 + x)` is taken of its logits. */
  readonly logarithms: number;
}

/** Reads what a model is. Rejects with `invalid_argument` where files are missing, contradict each other or need what is not supported. */
export async function readTextPlan(
  { path: tokenizer }: Pick<LoadSpec, 'path'>,
  options: TextOptions,
): Promise<TextPlan> {
  const folder = path.dirname(tokenizer);
  const graph = await findGraph(folder, options.onnxFile);
  const config = await readConfigFile(folder, 'config.json');
  const values = openGraph(graph);
  const inputs = readInputs(values.inputs);
  const modules = (await readConfigList(folder, 'modules.json'))?.map(({ type }) => String(type).split('.').at(-1));
  const limits = await readLimits(folder, config, options);
  const sentence = await readConfigFile(folder, 'config_sentence_transformers.json');
  const prompts = readPrompts(sentence);
  const parts = { folder, config, outputs: values.outputs, options, limits, prompts: [...prompts.keys()], modules };
  const task = taskOf(parts);
  const answer = await readTask(task, parts);
  const promptFor = (names: readonly string[]) => names.map((name) => prompts.get(name)).find((found) => found) ?? '';
  return {
    graph,
    ...limits,
    inputs,
    logarithms: 1,
    ...answer,
    normalize: options.normalize,
    prompts,
    defaultPrompt: prompts.get(String(sentence.default_prompt_name)) ?? '',
    inputPrompts: { query: promptFor(PROMPTS.query), document: promptFor(PROMPTS.document) },
    padToken: countOf(config.pad_token_id) ?? 0,
  };
}

interface PlanParts {
  readonly folder: string;
  readonly config: ConfigFile;
  readonly outputs: readonly GraphValue[];
  readonly options: TextOptions;
  readonly limits: Pick<TextPlan, 'maxInputTokens' | 'vocabularySize'>;
  readonly prompts: readonly string[];
  /** Behind the graph, by sentence-transformers; undefined = no such model. */
  readonly modules: readonly (string | undefined)[] | undefined;
}

function openGraph(graph: string): ReturnType<typeof readGraph> {
  const broken = (cause?: unknown) =>
    invalidArgument(`'${path.basename(graph)}' is not a readable ONNX file: it is broken or incomplete`, { cause });
  let values: ReturnType<typeof readGraph>;
  try {
    values = readGraph(graph);
  } catch (cause) {
    throw broken(cause);
  }
  // They stand at the end of a file.
  if (values.outputs.length === 0) throw broken();
  return values;
}

function readInputs(values: readonly GraphValue[]): TextPlan['inputs'] {
  const unknown = values.find(({ name }) => !INPUTS.some((known) => known === name));
  if (unknown !== undefined) {
    throw invalidArgument(`the graph has the input '${unknown.name}'; expected only ${INPUTS.join(', ')}`);
  }
  const inputs = INPUTS.filter((name) => values.some((value) => value.name === name));
  if (!inputs.includes('input_ids')) throw invalidArgument("the graph has no input 'input_ids'");
  return inputs;
}

type TextTask = Exclude<TextOptions['task'], 'auto'>;

function taskOf({ config, outputs, options, modules }: PlanParts): TextTask {
  if (options.task !== 'auto') return options.task;
  const logits = named(outputs, LOGITS);
  if (modules?.includes(SPLADE_MODULE) === true) return 'sparse';
  if (logits !== undefined && /ForMaskedLM$/.test(String(config.architectures))) return 'sparse';
  if (logits !== undefined && /ForTokenClassification$/.test(String(config.architectures))) return 'tokenClassify';
  if (modules !== undefined || logits === undefined) return 'embed';
  const classes = classesOf(config, logits);
  return classes === 1 ? 'rank' : 'classify';
}

function readTask(task: TextTask, parts: PlanParts) {
  if (task === 'embed') return readEmbedding(parts);
  return task === 'sparse' ? readSparse(parts) : readClasses(parts, task);
}

/** SPLADE, by sentence-transformers' file of its pooling where there is one. */
async function readSparse({ folder, outputs, limits, prompts, modules = [] }: PlanParts) {
  const output = named(outputs, [...LOGITS, ...SPARSE_VECTORS]);
  if (output === undefined) throw noOutput(outputs, [...LOGITS, ...SPARSE_VECTORS]);
  const extra = modules.find((type) => type !== undefined && !SPARSE_MODULES.includes(type));
  if (extra !== undefined) throw invalidArgument(`modules.json has the module '${extra}', which is not run`);
  const size = sizeOf(output) ?? limits.vocabularySize;
  if (size !== limits.vocabularySize) {
    throw invalidArgument(
      `a sparse model gives a weight for each token; output '${output.name}' has ${size}, the vocabulary ${limits.vocabularySize}`,
    );
  }
  const file = '1_SpladePooling/config.json';
  const { pooling_strategy: strategy = 'max', activation_function: activation = 'relu' } = await readConfigFile(
    folder,
    file,
  );
  if (strategy !== 'max') throw invalidArgument(`${file}: expected pooling_strategy max, got '${strategy}'`);
  const logarithms = new Map<unknown, number>([
    ['relu', 1],
    ['log1p_relu', 2],
  ]).get(activation);
  if (logarithms === undefined) {
    throw invalidArgument(`${file}: expected activation_function relu or log1p_relu, got '${activation}'`);
  }
  return { tasks: { sparse: { ...limits, prompts } }, output: output.name, tokenOutput: undefined, logarithms };
}

async function readEmbedding({ folder, modules = [], outputs, config, limits, prompts, options }: PlanParts) {
  const tokens = named(outputs, TOKEN_VECTORS);
  const whole = named(outputs, TEXT_VECTORS);
  const chosen = whole ?? tokens;
  if (chosen === undefined) throw noOutput(outputs, [...TEXT_VECTORS, ...TOKEN_VECTORS]);
  const extra = modules.find((type) => type !== undefined && !['Transformer', 'Pooling', 'Normalize'].includes(type));
  if (whole === undefined && extra !== undefined) {
    throw invalidArgument(
      `modules.json has the module '${extra}', which is not run: export the model with an output 'sentence_embedding'`,
    );
  }
  const dimensions = sizeOf(chosen) ?? countOf(config.hidden_size);
  if (dimensions === undefined)
    throw invalidArgument(`output '${chosen.name}' has no fixed size, and config.json no hidden_size`);
  const pooling = whole === undefined ? await readPooling(folder, options) : 'graph';
  const embed: EmbeddingSpec = { ...limits, dimensions, pooling, prompts, tokenVectors: tokens !== undefined };
  return { tasks: { embed }, output: chosen.name, tokenOutput: tokens?.name };
}

async function readPooling(folder: string, { pooling }: TextOptions): Promise<EmbeddingSpec['pooling']> {
  if (pooling !== 'auto') return pooling;
  const file = '1_Pooling/config.json';
  const config = await readConfigFile(folder, file);
  const modes = Object.entries(config).flatMap(([name, value]) =>
    name.startsWith('pooling_mode_') && value === true ? [name.slice('pooling_mode_'.length)] : [],
  );
  const [mode = 'mean_tokens', other] = modes;
  if (other !== undefined) throw invalidArgument(`${file}: expected one pooling mode, got ${modes.join(' and ')}`);
  if (config.include_prompt === false) throw invalidArgument(`${file}: include_prompt: false is not supported`);
  const known = { mean_tokens: 'mean', cls_token: 'cls', lasttoken: 'lasttoken' }[mode];
  const chosen = EMBEDDING_POOLINGS.find((each) => each === known);
  if (chosen !== undefined) return chosen;
  throw invalidArgument(`${file}: expected one of mean_tokens, cls_token, lasttoken, got '${mode}'`);
}

function readClasses({ config, outputs, limits, options }: PlanParts, task: 'rank' | 'classify' | 'tokenClassify') {
  const output = named(outputs, LOGITS);
  if (output === undefined) throw noOutput(outputs, LOGITS);
  const classes = classesOf(config, output);
  if (task === 'rank') {
    if (classes !== undefined && classes !== 1) {
      throw invalidArgument(`a model that ranks gives one number a text; output '${output.name}' has ${classes}`);
    }
    return { tasks: { rank: limits }, output: output.name, tokenOutput: undefined };
  }
  if (classes === undefined) {
    throw invalidArgument(
      `output '${output.name}' has no fixed size, and config.json no id2label (text.task is ${options.task})`,
    );
  }
  if ((output.dims.length === 3) !== (task === 'tokenClassify')) {
    const expected = task === 'tokenClassify' ? '3 (texts, tokens, classes)' : '2 (texts, classes)';
    throw invalidArgument(
      `output '${output.name}' has ${output.dims.length} dimensions; expected ${expected} (text.task is ${options.task})`,
    );
  }
  const known = labelsOf(config);
  const labels = Array.from({ length: classes }, (_, index) => known.get(index) ?? `LABEL_${index}`);
  if (task === 'tokenClassify') {
    return { tasks: { tokenClassify: { ...limits, labels } }, output: output.name, tokenOutput: undefined };
  }
  const multiLabel = config.problem_type === 'multi_label_classification';
  return { tasks: { classify: { ...limits, labels, multiLabel } }, output: output.name, tokenOutput: undefined };
}

/** Numbers that an output has for each text; undefined = the files do not say. */
function classesOf(config: ConfigFile, output: GraphValue): number | undefined {
  if (output.dims.length === 1) return 1;
  const labels = labelsOf(config).size;
  return sizeOf(output) ?? (labels > 0 ? labels : countOf(config.num_labels));
}

function labelsOf({ id2label }: ConfigFile): ReadonlyMap<number, string> {
  if (typeof id2label !== 'object' || id2label === null) return new Map();
  return new Map(Object.entries(id2label).map(([id, label]) => [Number(id), String(label)]));
}

async function readLimits(folder: string, config: ConfigFile, { maxInputTokens }: TextOptions) {
  const tokenizer = await readConfigFile(folder, 'tokenizer_config.json');
  const sentence = await readConfigFile(folder, 'sentence_bert_config.json');
  const vocabularySize = countOf(config.vocab_size);
  if (vocabularySize === undefined) throw invalidArgument('config.json: expected vocab_size, got none');
  // Of this family, positions begin behind the id that pads.
  const offset = /roberta|camembert/.test(String(config.model_type)) ? (countOf(config.pad_token_id) ?? 1) + 1 : 0;
  const positions = (countOf(config.max_position_embeddings) ?? MAX_TOKENS) - offset;
  const said = [sentence.max_seq_length, tokenizer.model_max_length].map(countOf).find((count) => count !== undefined);
  if (maxInputTokens > positions) {
    throw invalidArgument(
      `text.maxInputTokens: expected at most ${positions}, the positions of the model, got ${maxInputTokens}`,
    );
  }
  const usual = said ?? (positions < MAX_TOKENS ? positions : DEFAULT_MAX_TOKENS);
  return { maxInputTokens: maxInputTokens || Math.min(usual, positions), vocabularySize };
}

function readPrompts({ prompts }: ConfigFile): ReadonlyMap<string, string> {
  if (typeof prompts !== 'object' || prompts === null) return new Map();
  return new Map(Object.entries(prompts).flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : [])));
}

function named(values: readonly GraphValue[], names: readonly string[]): GraphValue | undefined {
  for (const name of names) {
    const found = values.find((value) => value.name === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function noOutput(outputs: readonly GraphValue[], expected: readonly string[]) {
  const got = outputs.map(({ name }) => `'${name}'`).join(', ') || 'none';
  return invalidArgument(`the graph has no output ${expected.join(' or ')}; its outputs are ${got}`);
}

/** Of the last dimension. */
function sizeOf({ dims }: GraphValue): number | undefined {
  return countOf(dims.at(-1));
}

function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < MAX_TOKENS
    ? (value as number)
    : undefined;
}

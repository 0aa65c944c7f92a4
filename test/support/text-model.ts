import type { FolderContents } from './model-folder.js';
import { buildOnnx, type OnnxGraph, type OnnxNode, type OnnxValue } from './onnx-builder.js';
import { buildSafetensors } from './safetensors.js';

/** Ids of the tokens of a test model: the special ones, then the letters. */
export const TOKEN_IDS = { '[PAD]': 0, '[UNK]': 1, '[CLS]': 2, '[SEP]': 3 } as const;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const FIRST_LETTER = 4;
export const VOCABULARY_SIZE = FIRST_LETTER + LETTERS.length;
/** Elements of a vector. */
export const DIMENSIONS = 4;

/** Id of a letter. */
export const idOf = (letter: string) => FIRST_LETTER + LETTERS.indexOf(letter);
/** The vector of a token: this model knows nothing of its neighbours. */
export const vectorOf = (id: number) =>
  Array.from({ length: DIMENSIONS }, (_, index) => Math.fround(Math.sin(id * DIMENSIONS + index)));

/** The logits that a token of a sparse model gives to each token of the vocabulary. */
export const logitsOf = (id: number) =>
  Array.from({ length: VOCABULARY_SIZE }, (_, index) => Math.fround(3 * Math.sin(id * VOCABULARY_SIZE + index) - 2));

/** Classes of the tokens of a model that finds names. */
export const TOKEN_LABELS = ['O', 'B-PER', 'I-PER', 'B-LOC'];
/** The logits that a token gets for each of them. */
export const classLogitsOf = (id: number) =>
  TOKEN_LABELS.map((_, index) => Math.fround(4 * Math.sin(id * TOKEN_LABELS.length + index)));

/** What a model of tests is like. `output`: the vectors of tokens, of texts, a weight for each token of the vocabulary, classes of tokens, or one or three numbers a text. */
export interface TextModelOptions {
  readonly output?: 'last_hidden_state' | 'sentence_embedding' | 'sparse' | 'tokenClassify' | 'rank' | 'classify';
  /** Further files, or other ones. */
  readonly files?: FolderContents;
}

const ARCHITECTURES: Readonly<Partial<Record<NonNullable<TextModelOptions['output']>, string>>> = {
  sparse: 'BertForMaskedLM',
  tokenClassify: 'BertForTokenClassification',
};

/** The files of a model in the layout of Hugging Face that reads letters, each a token. */
export function textModelFiles({
  output = 'last_hidden_state',
  files = {},
}: TextModelOptions = {}): Record<string, string | Uint8Array> {
  const config = {
    architectures: [ARCHITECTURES[output] ?? 'BertModel'],
    model_type: 'bert',
    vocab_size: VOCABULARY_SIZE,
    hidden_size: DIMENSIONS,
    max_position_embeddings: 16,
    pad_token_id: 0,
    ...(output === 'tokenClassify' && { id2label: { ...TOKEN_LABELS } }),
    ...(output === 'classify' && { id2label: { 0: 'low', 1: 'middle', 2: 'high' } }),
  };
  return {
    'tokenizer.json': JSON.stringify(tokenizer()),
    'config.json': JSON.stringify(config),
    'onnx/model.onnx': buildOnnx(graphOf(output)),
    ...(files as Record<string, string | Uint8Array>),
  };
}

function tokenizer() {
  const words = Object.fromEntries([...LETTERS].map((letter) => [letter, idOf(letter)]));
  const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const sequence = (id: string, typeId: number) => ({ Sequence: { id, type_id: typeId } });
  const token = (content: keyof typeof TOKEN_IDS) => ({ id: content, ids: [TOKEN_IDS[content]], tokens: [content] });
  return {
    version: '1.0',
    // As files carry it; the runtime sets its own limits.
    truncation: { direction: 'Right', max_length: 3, strategy: 'LongestFirst', stride: 0 },
    padding: {
      strategy: { Fixed: 8 },
      direction: 'Right',
      pad_to_multiple_of: null,
      pad_id: 0,
      pad_type_id: 0,
      pad_token: '[PAD]',
    },
    added_tokens: Object.entries(TOKEN_IDS).map(([content, id]) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [special('[CLS]'), sequence('A', 0), special('[SEP]')],
      pair: [
        special('[CLS]'),
        sequence('A', 0),
        special('[SEP]'),
        sequence('B', 1),
        { SpecialToken: { id: '[SEP]', type_id: 1 } },
      ],
      special_tokens: { '[CLS]': token('[CLS]'), '[SEP]': token('[SEP]') },
    },
    decoder: null,
    model: { type: 'WordLevel', vocab: { ...TOKEN_IDS, ...words }, unk_token: '[UNK]' },
  };
}

const BATCH = ['batch', 'sequence'] as const;
const input = (name: string): OnnxValue => ({ name, type: 'int64', dims: BATCH });

function graphOf(output: NonNullable<TextModelOptions['output']>): OnnxGraph {
  const vectors = Float32Array.from(Array.from({ length: VOCABULARY_SIZE }, (_, id) => vectorOf(id)).flat());
  const words = { name: 'words', type: 'float32', dims: [VOCABULARY_SIZE, DIMENSIONS], data: vectors } as const;
  const gather: OnnxNode = { op: 'Gather', inputs: ['words', 'input_ids'], outputs: ['last_hidden_state'] };
  const inputs = ['input_ids', 'attention_mask'].map(input);
  if (output === 'last_hidden_state') {
    const value: OnnxValue = { name: output, type: 'float32', dims: [...BATCH, DIMENSIONS] };
    // A mask that nothing reads would not be an input.
    return { inputs: inputs.slice(0, 1), outputs: [value], nodes: [gather], initializers: [words] };
  }
  if (output === 'sparse' || output === 'tokenClassify') {
    const rows = Array.from({ length: VOCABULARY_SIZE }, (_, id) =>
      output === 'sparse' ? logitsOf(id) : classLogitsOf(id),
    );
    const size = rows[0]?.length ?? 0;
    return {
      inputs: inputs.slice(0, 1),
      outputs: [{ name: 'logits', type: 'float32', dims: [...BATCH, size] }],
      nodes: [{ op: 'Gather', inputs: ['words', 'input_ids'], outputs: ['logits'] }],
      initializers: [{ ...words, dims: [VOCABULARY_SIZE, size], data: Float32Array.from(rows.flat()) }],
    };
  }
  const axes = (name: string, axis: number) =>
    ({ name, type: 'int64', dims: [1], data: BigInt64Array.of(BigInt(axis)) }) as const;
  const masked: readonly OnnxNode[] = [
    gather,
    { op: 'Cast', inputs: ['attention_mask'], outputs: ['mask'], attributes: { to: 1 } },
    { op: 'Unsqueeze', inputs: ['mask', 'last'], outputs: ['weights'] },
    { op: 'Mul', inputs: ['last_hidden_state', 'weights'], outputs: ['kept'] },
    { op: 'ReduceSum', inputs: ['kept', 'first'], outputs: ['sum'], attributes: { keepdims: 0 } },
  ];
  const initializers = [words, axes('last', -1), axes('first', 1)];
  if (output === 'sentence_embedding') {
    const nodes = [...masked, { op: 'Identity', inputs: ['sum'], outputs: [output] }];
    return { inputs, outputs: [{ name: output, type: 'float32', dims: ['batch', DIMENSIONS] }], nodes, initializers };
  }
  // The second text of a pair counts double, so that it matters which is which.
  const typed: readonly OnnxNode[] = [
    { op: 'Cast', inputs: ['token_type_ids'], outputs: ['types'], attributes: { to: 1 } },
    { op: 'ReduceSum', inputs: ['types', 'first'], outputs: ['seconds'], attributes: { keepdims: 1 } },
  ];
  const classes = output === 'rank' ? 1 : 3;
  const nodes: readonly OnnxNode[] = [
    ...masked,
    ...typed,
    { op: 'Slice', inputs: ['sum', 'from', 'to', 'first'], outputs: ['some'] },
    { op: 'Add', inputs: ['some', 'seconds'], outputs: ['logits'] },
  ];
  const logits: OnnxValue = { name: 'logits', type: 'float32', dims: ['batch', classes] };
  return {
    inputs: [...inputs, input('token_type_ids')],
    outputs: [logits],
    nodes,
    initializers: [...initializers, axes('from', 0), axes('to', classes)],
  };
}

/** The files of a model that looks up the vectors of letters, as model2vec writes them. */
export function staticModelFiles(files: FolderContents = {}): Record<string, string | Uint8Array> {
  const vectors = Float32Array.from(Array.from({ length: VOCABULARY_SIZE }, (_, id) => vectorOf(id)).flat());
  const embeddings = {
    dtype: 'F32',
    shape: [VOCABULARY_SIZE, DIMENSIONS],
    data: new Uint8Array(vectors.buffer),
  } as const;
  return {
    'tokenizer.json': JSON.stringify(tokenizer()),
    'config.json': JSON.stringify({ model_type: 'model2vec', architectures: ['StaticModel'], normalize: true }),
    'model.safetensors': buildSafetensors({ embeddings }),
    ...(files as Record<string, string | Uint8Array>),
  };
}

/** Files below a folder, such as those of a model below its version: `letters/1`. */
export function inFolder(folder: string, files: Readonly<Record<string, string | Uint8Array>>): FolderContents {
  return Object.fromEntries(Object.entries(files).map(([file, content]) => [`${folder}/${file}`, content]));
}

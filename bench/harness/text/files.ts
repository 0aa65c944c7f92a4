import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { RepositoryEntry } from '../models.js';
import type { BenchSettings } from '../row.js';

/** What a folder of text models has to have. */
const FILES = {
  /** all-MiniLM-L6-v2, computed in fp32. */
  minilm: 'minilm-l6-v2-fp16stored.onnx',
  /** A cross-encoder of as many layers, dynamic int8. */
  rerank: 'rerank-minilm-int8.onnx',
  tokenizer: 'tokenizer.json',
  /** A line of JSON with a `text` for each of 2,000 texts. */
  corpus: 'corpus.jsonl',
} as const;

export type TextModelName = 'minilm' | 'rerank';

/** Tokens of a text at most: of MiniLM as sentence-transformers limits it, of a query and a text as many as there are positions. */
export const MAX_TOKENS = { minilm: 256, rerank: 512 } as const satisfies Record<TextModelName, number>;

/** Throws where no folder is given, or where it lacks a file. */
export function checkTextFiles({ textModels }: Pick<BenchSettings, 'textModels'>): void {
  for (const name of Object.keys(FILES)) textFile({ textModels }, name as keyof typeof FILES);
}

/** Path of a file in the folder of text models. Throws where it is missing. */
export function textFile({ textModels }: Pick<BenchSettings, 'textModels'>, name: keyof typeof FILES): string {
  if (textModels === undefined)
    throw new Error(`--text-models: expected a folder with ${Object.values(FILES).join(', ')}`);
  const file = path.resolve(textModels, FILES[name]);
  if (!existsSync(file)) throw new Error(`--text-models: there is no ${FILES[name]} in ${textModels}`);
  return file;
}

/** The texts of the corpus. */
export function readCorpus(settings: BenchSettings): readonly string[] {
  const lines = readFileSync(textFile(settings, 'corpus'), 'utf8').trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { readonly text: string }).text);
}

const CONFIG = {
  model_type: 'bert',
  vocab_size: 30_522,
  hidden_size: 384,
  max_position_embeddings: 512,
  pad_token_id: 0,
};

/** The model as a user of millrace has it: two instances of one thread each. `maxTokens`: of a text. */
export function textEntry(
  settings: BenchSettings,
  name: TextModelName,
  {
    maxTokens = MAX_TOKENS[name],
    reserveInstance = false,
  }: { readonly maxTokens?: number; readonly reserveInstance?: boolean } = {},
): RepositoryEntry {
  return {
    name,
    copies: { 'onnx/model.onnx': textFile(settings, name), 'tokenizer.json': textFile(settings, 'tokenizer') },
    texts: { 'config.json': JSON.stringify(CONFIG) },
    yaml: [
      'instances: { count: 2 }',
      `text: { threads: 1, maxInputTokens: ${maxTokens}, reserveInstance: ${reserveInstance} }`,
    ],
  };
}

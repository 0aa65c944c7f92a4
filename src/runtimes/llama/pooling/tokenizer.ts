import { LimitedThreads, startThread } from '../../../async/index.js';
import { type Clock, errorOf, invalidArgument } from '../../../core/index.js';
import type { TextToken } from '../../../pooling/index.js';
import {
  type EncodedRow,
  type EncodeLimits,
  jobsOf,
  type PoolingTokenizer,
  type TextRow,
  tooManyToList,
} from '../../pooling/tokenizer.js';
import type { TokenizerJob, TokenizerReply, TokenizerSetup } from './job.js';

const LIMIT_MS = 2_000;
/** Texts take a millisecond for 500 bytes at worst. */
const CHARACTERS_PER_MS = 256;
const MAX_HEAP_MB = 256;
/** Two callers at a time: the server lets none of them have both, where they are known. */
const THREADS = 2;
const ENTRY = new URL('./thread.js', import.meta.url).href;

/** The vocabulary of a GGUF file, in threads: a job that exceeds its time or its heap is ended. */
export class LlamaTokenizer implements PoolingTokenizer {
  readonly #threads: LimitedThreads<TokenizerJob, TokenizerReply>;
  readonly #free: () => void;

  /** `free` releases the vocabulary. */
  constructor(setup: TokenizerSetup, { clock, free }: { readonly clock: Clock; readonly free: () => void }) {
    const start = () => startThread(ENTRY, { name: 'millrace-texts', data: setup, maxHeapMb: MAX_HEAP_MB });
    this.#threads = new LimitedThreads({ clock, start, limitMs: LIMIT_MS }, THREADS);
    this.#free = free;
  }

  async encode(rows: readonly TextRow[], limits: EncodeLimits): Promise<readonly EncodedRow[]> {
    const encoded: EncodedRow[] = [];
    for (const [firstRow, part] of jobsOf(rows)) {
      const characters = part.reduce((sum, [text, pair = '']) => sum + text.length + pair.length, 0);
      const reply = await this.#ask({ kind: 'encode', rows: part, firstRow, limits }, characters);
      if (reply.kind === 'encode') encoded.push(...reply.rows);
    }
    return encoded;
  }

  async describe(
    texts: readonly string[],
    { most, addSpecialTokens }: Pick<EncodeLimits, 'addSpecialTokens'> & { readonly most: number },
  ): Promise<readonly (readonly TextToken[])[]> {
    const described: (readonly TextToken[])[] = [];
    let count = 0;
    for (const [, part] of jobsOf(texts)) {
      const characters = part.reduce((sum, { length }) => sum + length, 0);
      const reply = await this.#ask({ kind: 'describe', texts: part, addSpecialTokens }, characters);
      for (const tokens of reply.kind === 'describe' ? reply.tokens : []) {
        count += tokens.length;
        // Of more tokens, only the number is kept.
        if (count <= most) described.push(tokens);
      }
    }
    if (count > most) throw tooManyToList(count, most);
    return described;
  }

  async decode(rows: readonly Int32Array[], skipSpecialTokens: boolean): Promise<readonly string[]> {
    const texts: string[] = [];
    for (const [, part] of jobsOf(rows)) {
      const tokens = part.reduce((sum, { length }) => sum + length, 0);
      const reply = await this.#ask({ kind: 'decode', rows: part.map(copy), skipSpecialTokens }, tokens);
      if (reply.kind === 'decode') texts.push(...reply.texts);
    }
    return texts;
  }

  async close(): Promise<void> {
    await this.#threads.close();
    this.#free();
  }

  /** Rejects with what the thread refuses, and with `invalid_argument` where it takes too long. */
  async #ask(job: TokenizerJob, characters: number): Promise<TokenizerReply> {
    const reply = await this.#threads.run(job, LIMIT_MS + Math.floor(characters / CHARACTERS_PER_MS));
    if ('problem' in reply) throw invalidArgument(`the texts were not tokenised: ${reply.problem}`);
    if (reply.kind === 'fault') throw errorOf(reply.fault);
    return reply;
  }
}

/** Of its own, as all of the memory that a view is of would be copied. */
function copy(tokens: Int32Array): Int32Array {
  return new Int32Array(tokens);
}

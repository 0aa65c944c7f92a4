import type { ErrorData } from '../../../core/index.js';
import type { TextToken } from '../../../pooling/index.js';
import type { EncodedRow, EncodeLimits, TextRow } from '../../pooling/tokenizer.js';
import type { Pointer } from '../library/functions.js';

/** What a thread tokenises with. Plain data. */
export interface TokenizerSetup {
  /** Path of libllama. */
  readonly library: string;
  readonly vocabulary: Pointer;
  /** How a query and a document are put together; undefined = by the vocabulary's own tokens. */
  readonly rerankTemplate: string | undefined;
}

/** What a thread is asked for. Plain data. */
export type TokenizerJob =
  /** `firstRow`: number of the first row in its request. */
  | {
      readonly kind: 'encode';
      readonly rows: readonly TextRow[];
      readonly firstRow: number;
      readonly limits: EncodeLimits;
    }
  | { readonly kind: 'describe'; readonly texts: readonly string[]; readonly addSpecialTokens: boolean }
  | { readonly kind: 'decode'; readonly rows: readonly Int32Array[]; readonly skipSpecialTokens: boolean };

/** What a thread answers, by kind. */
export type TokenizerReply =
  | { readonly kind: 'encode'; readonly rows: readonly EncodedRow[] }
  | { readonly kind: 'describe'; readonly tokens: readonly (readonly TextToken[])[] }
  | { readonly kind: 'decode'; readonly texts: readonly string[] }
  | { readonly kind: 'fault'; readonly fault: ErrorData };

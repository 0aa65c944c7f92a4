import type { DecodeFunction } from '../shared/decoding/jobs.js';
import type { Reply } from '../shared/decoding/reply.js';
import type { ReadText, TextKind, UnreadText } from './decode-text.js';
import type { ItemsPage } from './stored-response.js';

export interface TextJob<Kind extends TextKind> extends UnreadText {
  readonly kind: Kind;
}

export interface PageJob {
  readonly stored: Uint8Array;
  readonly page: ItemsPage;
}

const module = new URL('./decoders.js', import.meta.url).href;

export const ITEMS: DecodeFunction<PageJob, Reply<string>> = { module, name: 'items' };

/** Reads a body in the decoding thread. */
export function textFunction<Kind extends TextKind>(): DecodeFunction<TextJob<Kind>, Reply<ReadText<Kind>>> {
  return { module, name: 'text' };
}

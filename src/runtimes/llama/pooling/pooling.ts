import { invalidArgument } from '../../../core/index.js';
import type { GgufHeader } from '../gguf-header.js';
import { contextOf, numberOf } from '../gguf-metadata.js';
import { type LlamaOptions, readLlamaOptions } from '../options.js';

/** How the vectors of tokens become that of a text; `rank` = a head makes scores of them. */
export type Pooling = 'mean' | 'cls' | 'lasttoken' | 'rank';

/** By llama.cpp's number. */
const BY_NUMBER = ['none', 'mean', 'cls', 'lasttoken', 'rank'] as const;
/** Options that are about generating only. */
const GENERATION_OPTIONS = [
  'slots',
  'cacheTokens',
  'maxOutputTokens',
  'prefillTokens',
  'sharePrefixes',
  'chatTemplate',
  'chatTemplateFile',
] as const;

/** How a model pools; undefined = it generates. Throws `invalid_argument` where it cannot. */
export function poolingOf(header: GgufHeader, { pooling }: Pick<LlamaOptions, 'pooling'>): Pooling | undefined {
  const chosen = pooling === 'auto' ? poolingOfFile(header) : pooling;
  if (chosen !== 'none') return chosen;
  if (isCausal(header)) return undefined;
  throw invalidArgument("llama.pooling: expected a kind of pooling, got 'none', which is for models that generate");
}

function poolingOfFile(header: GgufHeader): (typeof BY_NUMBER)[number] {
  const said = BY_NUMBER[numberOf(header, 'pooling_type')];
  if (said !== undefined && said !== 'none') return said;
  return isCausal(header) ? 'none' : 'mean';
}

/** Tokens do not see those behind them. */
function isCausal(header: GgufHeader): boolean {
  return numberOf(header, 'attention.causal', 1) !== 0;
}

/** Most tokens of an evaluation of a model that pools: a text is evaluated as a whole. */
export function capacityTokensOf(header: GgufHeader, options: LlamaOptions): number {
  return Math.max(options.batchTokens, contextOf(header, options));
}

/** Refuses options of which a model that does not generate makes no use. Throws `invalid_argument`. */
export function checkPoolingOptions(options: LlamaOptions): void {
  // Defaults are filled in before a model is loaded.
  const defaults = readLlamaOptions({});
  const changed = GENERATION_OPTIONS.find((each) => options[each] !== defaults[each]);
  const option = changed ?? (Object.keys(options.sampling).length > 0 ? 'sampling' : undefined);
  if (option === undefined) return;
  throw invalidArgument(`llama.${option}: expected to be left out, as the model does not generate`);
}

import type { Message } from './message.js';

/**
 * One loaded generation of one model version. Files edited under the same version number get a new generation, so
 * queues, caches and statistics of two never mix. Compare by `generation` alone: it is unique in a server.
 */
export interface ModelRef {
  readonly name: string;
  /** Positive integer; Triton's and TF Serving's folder name without leading zeros. */
  readonly version: number;
  readonly generation: number;
}

/** Where one version of a model stands. */
export type ModelState =
  /** `reason`: what has to come first. */
  | { readonly kind: 'loading'; readonly reason?: string }
  | { readonly kind: 'warming' }
  | { readonly kind: 'ready' }
  /** Ready before, but all its instances are down and being restarted; requests wait or are refused as `unavailable`. */
  | { readonly kind: 'recovering'; readonly reason: string }
  | { readonly kind: 'draining' }
  | { readonly kind: 'unloaded'; readonly reason: string }
  /** `wording`: the reason, where it names other models. */
  | { readonly kind: 'failed'; readonly reason: string; readonly wording?: Message };

/** How the names of the server's own models begin, which no repository can have: theirs hold no slash. */
const OWN_PREFIX = 'millrace/';

/** The name of one of the server's own models, which callers neither see nor name. */
export function ownModelName(what: string): string {
  return `${OWN_PREFIX}${what}`;
}

/** Whether a model is one of the server's own. */
export function isOwnModel(name: string): boolean {
  return name.startsWith(OWN_PREFIX);
}

/** `mlp/3`: how a version is written in messages to people. */
export function formatModelRef(ref: { readonly name: string; readonly version: number }): string {
  return `${ref.name}/${ref.version}`;
}

import type { Call } from '../core/index.js';
import type { RouteRequest } from './route.js';

/**
 * Routes that several protocols have in common: each adds members of its own to one JSON object, and clients read those that
 * they know (`data` of OpenAI, `models` of Ollama and KServe, `model_version_status` of TensorFlow Serving).
 */
export const SHARED_ROUTES = [
  { path: '/v1/models', summary: 'The models' },
  { path: '/v1/models/{model}', summary: 'One model' },
] as const;

/** A member that is a list of objects to which several dialects add: OpenAI's `data`, for example. */
export interface SharedList {
  /** The member by which objects of two dialects are the same: `id`. */
  readonly key: string;
  /** What this dialect adds to each object; no other dialect may have them. */
  readonly members: readonly string[];
}

/** What a dialect adds to the answer of a shared route. */
export interface SharedMembers {
  readonly path: (typeof SHARED_ROUTES)[number]['path'];
  /** Names of the members; no other dialect may have them, unless both say that they are lists. */
  readonly members: readonly string[];
  /** Those of the members that are lists to which others may add, where these say so as well. Default: none. */
  readonly lists?: Readonly<Record<string, SharedList>>;
  /** A header, in lower case, by which a request asks for this dialect: its answer and its errors then are this one's alone. Default: none. */
  readonly header?: string;
  /** Their values. Throws MillraceError; `not_found` and `unavailable`, which counts more, are the answer only where no dialect has another. */
  readonly answer: (call: Call, request: RouteRequest) => Readonly<Record<string, unknown>>;
}

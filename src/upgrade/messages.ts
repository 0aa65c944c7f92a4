import type { SocketPlace } from '../systemd/index.js';

/** Of the messages below: a successor that knows another one refuses to take over. */
export const PROTOCOL = 1;

/** The environment variable that names the process whose successor this one is. */
export const PREDECESSOR_VARIABLE = 'UPGRADE_FROM_PID';

/** What a server tells its successor. */
export type ToSuccessor =
  /** Comes with the handle of the socket. */
  | { readonly kind: 'socket'; readonly name: string; readonly place: SocketPlace }
  /** There are no more sockets. */
  | { readonly kind: 'begin'; readonly protocol: number }
  /** Listen. */
  | { readonly kind: 'proceed' };

/** What the models of a successor have come to. */
export interface LoadedModels {
  /** Names of models that answer. */
  readonly served: readonly string[];
  readonly failed: readonly { readonly name: string; readonly version: number; readonly reason: string }[];
}

/** What a successor tells the server before it. */
export type FromSuccessor =
  | { readonly kind: 'loaded'; readonly version: string; readonly models: LoadedModels }
  | { readonly kind: 'refused'; readonly reason: string }
  /** It listens and answers. */
  | { readonly kind: 'ready' };

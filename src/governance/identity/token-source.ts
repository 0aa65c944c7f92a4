import type { Principal } from '../../core/index.js';
import type { Peer } from './peer.js';

/** Recognises bearer tokens of one kind. */
export interface TokenSource {
  /** Whether a token has the form of this kind. Of several sources, the first that says so decides. */
  takes(token: string): boolean;
  /** Whose it is; undefined = nobody's, which counts as a failed attempt. Throws `unauthenticated` with a message of its own. */
  principalOf(token: string, peer: Peer): Principal | undefined | Promise<Principal | undefined>;
}

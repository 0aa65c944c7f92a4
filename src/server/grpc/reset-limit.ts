import type { Clock } from '../../core/index.js';

/**
 * nghttp2 takes a client that resets 1,000 streams, and 33 a second, for an attacker and breaks off its connection with all
 * that is under way on it; Node 20 lets nobody say otherwise. A client that cancels many calls is asked to connect again before.
 * Nobody is told of a reset that comes for a stream which has been answered meanwhile, as six of seven do from a busy
 * client: so those that are seen, and the deadlines that passed here, count for eight.
 */
const RESETS_PER_SECOND = 4;
const MAX_RESETS = 120;

/** Calls `onLimit` at the reset that is one too many. */
export function limitResets(clock: Clock, onLimit: () => void): () => void {
  let resets = 0;
  let countedAt = clock.now();
  return () => {
    const now = clock.now();
    resets = Math.max(0, resets - ((now - countedAt) * RESETS_PER_SECOND) / 1_000) + 1;
    countedAt = now;
    if (resets > MAX_RESETS) onLimit();
  };
}

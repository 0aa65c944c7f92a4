import type { Failure, Journal } from './journal.js';
import { HANGING } from './models.js';

/** How long a runner that was killed may still be given requests: its end has to be noticed. */
const NOTICE_MS = 1_000;
/** How long a kill may still be felt: runners that keep dying are restarted later and later. */
const AFTERMATH_MS = 60_000;

/**
 * What the test has done to cause a failure; undefined when it has done nothing that could. A pure batch that goes down
 * with its runner is tried again, so that only a second kill fails a request.
 */
export function explain(failure: Failure, journal: Journal): string | undefined {
  const { model, status, message, sentAt, receivedAt, retryAfter, began, streamed, startedAt = sentAt } = failure;
  if (failure.follows && FOLLOWING.test(message)) return 'lost';
  if (receivedAt >= journal.stoppedAt) return explainDrain(failure, journal);
  if (status === 504 && model === HANGING.name) return 'hung';
  if (status !== 503) return undefined;
  if (isLostSequence(failure))
    return journal.killsWithin(model, startedAt - NOTICE_MS, receivedAt) >= 1 ? 'lost' : undefined;
  // Only what has surely not run may be sent again.
  if (!streamed && (retryAfter === undefined) !== message.startsWith('runner ')) return undefined;
  if (/^runner \S+ is gone: a batch of model '\S+' ran longer than \d+ ms$/.test(message)) {
    return model === HANGING.name ? 'hung' : undefined;
  }
  if (/^runner \S+ is gone: ended by SIGKILL/.test(message)) {
    // A request that hangs has brought its runner down once by itself; one that has given answers runs only once.
    const from = sentAt - NOTICE_MS;
    return journal.killsWithin(model, from, receivedAt) >= (model === HANGING.name || began ? 1 : 2)
      ? 'killed'
      : undefined;
  }
  if (/^model '\S+' is down \(.*\) and starts again in \d+ s$/.test(message)) {
    if (model === HANGING.name) return 'hung';
    // Attempts to start a runner from files that were replaced meanwhile fail, too, until they are loaded.
    const kills = message.includes('have changed since it was loaded') ? 1 : 4;
    return journal.killsWithin(model, sentAt - AFTERMATH_MS, receivedAt) >= kills ? 'killed' : undefined;
  }
  if (/^model '\S+' has been down for \d+ s \(.*\); try again later$/.test(message)) {
    // Where others take the processors, the start of one runner may take that long.
    return model === HANGING.name
      ? 'hung'
      : journal.killsWithin(model, sentAt - AFTERMATH_MS, receivedAt) >= 1
        ? 'killed'
        : undefined;
  }
  if (/^model '\S+' (failed to load; the repository index has the reason|is still loading; try again)$/.test(message)) {
    // Its files were replaced, its runners were killed, and so was every one that should have loaded them.
    return journal.killsWithin(model, sentAt - AFTERMATH_MS, receivedAt) >= 5 ? 'killed' : undefined;
  }
  return undefined;
}

function isLostSequence({ message, model }: Failure): boolean {
  const match = /^sequence \d+ of model '(\S+)\/\d+' was lost when its runner died; start it again$/.exec(message);
  return match?.[1] === model;
}

/** What every step behind one that has failed is told. */
const FOLLOWING =
  /^(sequence \d+ of model '\S+' (was lost when its runner died; start it again|is not running: its first request must say sequence_start)|the request that started sequence \d+ of model '\S+' did not succeed; start it again)$/;

function explainDrain({ model, status, message, sentAt }: Failure, { stoppedAt }: Journal): string | undefined {
  if (status === 503 && message === 'the server is shutting down') return 'drain';
  if (status === 0) return sentAt >= stoppedAt ? 'drain' : undefined;
  return model === HANGING.name && (status === 503 || status === 504) ? 'hung' : undefined;
}

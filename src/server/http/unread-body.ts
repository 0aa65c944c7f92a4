import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../core/index.js';

/** Unread bodies up to this size are read away, so that the connection can be used again. */
export const MAX_DISCARDED_BYTES = 65_536;
const LINGER_MS = 1_000;

interface ArrivingRequest {
  readonly req: IncomingMessage;
  readonly expectsContinue: boolean;
  readonly settlement: { readonly requestBytes: number };
}

/** What is still to come of the body: so little that Node reads it away, too much for that, or nothing if not asked for. */
export function unreadBody({ req, expectsContinue, settlement }: ArrivingRequest): 'small' | 'large' | 'withheld' {
  if (req.complete) return 'small';
  if (expectsContinue) return 'withheld';
  const { headers } = req;
  if (headers['transfer-encoding'] !== undefined) return 'large';
  const declared = headers['content-length'];
  const leftBytes = declared === undefined ? 0 : Number(declared) - settlement.requestBytes;
  return leftBytes <= MAX_DISCARDED_BYTES ? 'small' : 'large';
}

/**
 * A socket that is closed while the client still sends is reset, and the client may never see why. So what arrives behind a
 * whole answer is thrown away, and the answer ends when the client has stopped or a moment has passed.
 */
export function endWhenSent({ req, res }: { req: IncomingMessage; res: ServerResponse }, clock: Clock): void {
  const timer = clock.setTimer(LINGER_MS, () => res.end());
  req.once('end', () => res.end());
  res.once('close', () => timer.clear());
  req.resume();
}

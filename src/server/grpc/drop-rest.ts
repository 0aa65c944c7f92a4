import { constants, type ServerHttp2Stream } from 'node:http2';

/**
 * Asks a client that has its whole answer to send no more of its request (RFC 9113, section 8.1). Waits for the answer to be on its way, as
 * Node 22 sends a reset before all that the same turn has queued.
 */
export function dropRest(stream: ServerHttp2Stream): void {
  if (stream.readableEnded) return;
  setImmediate(() => {
    if (!stream.readableEnded && !stream.closed) stream.close(constants.NGHTTP2_NO_ERROR);
  });
}

import type { WireHeaders } from '../protocols/index.js';

/** Of an answer with server-sent events. */
export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies that gather answers pass this one on as it comes.
  'x-accel-buffering': 'no',
} as const;

/** Comes before the first event: how long browsers wait before they come back. */
export const GREETING = 'retry: 2000\n\n';
/** A comment: the connection is open. */
export const HEARTBEAT = ':\n\n';

/** What a browser sends that has lost the connection. */
export function readEventId(headers: WireHeaders): string | undefined {
  const id = headers['last-event-id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** An event with an id, by which a reader that comes back names it. */
export function writeEvent(id: string | number, data: unknown): string {
  return `id: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}

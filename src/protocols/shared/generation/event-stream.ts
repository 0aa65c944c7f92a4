import { type Clock, type MillraceError, type Timer, toMillraceError } from '../../../core/index.js';
import type { WireStream } from '../../wire.js';

const EVENT_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  // nginx would hold events back until it has a buffer full of them.
  'x-accel-buffering': 'no',
};
/** After so long without an event a comment tells client and proxies that the connection is alive. */
export const HEARTBEAT_MS = 15_000;
const HEARTBEAT = ': keep-alive\n\n';

export function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

/** An event with a name, which is also the `type` of its data. */
export function namedEvent(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}

/** How a stream of events ends, and shows meanwhile that it is alive. */
export interface StreamEnd {
  /** What tells of an error, once events have been sent. */
  readonly failed: (error: MillraceError) => string;
  /** The last of every stream; '' = none. */
  readonly last: string;
  /** Sent after {@link HEARTBEAT_MS} without an event. Default: a comment. */
  readonly heartbeat?: string;
}

/** Server-sent events. What goes wrong before the first of them is thrown; afterwards it is an event itself. */
export function eventStream(events: AsyncIterable<string>, clock: Clock, end: StreamEnd): WireStream {
  return { status: 200, headers: EVENT_HEADERS, stream: withEnd(withHeartbeat(events, clock, end), end) };
}

async function* withEnd(events: AsyncIterable<string>, { failed, last }: StreamEnd): AsyncGenerator<string> {
  let begun = false;
  try {
    for await (const each of events) {
      begun = true;
      yield each;
    }
  } catch (thrown) {
    if (!begun) throw thrown;
    yield failed(toMillraceError(thrown));
  }
  if (last !== '') yield last;
}

async function* withHeartbeat(
  events: AsyncIterable<string>,
  clock: Clock,
  { heartbeat = HEARTBEAT }: StreamEnd,
): AsyncGenerator<string> {
  const iterator = events[Symbol.asyncIterator]();
  let timer: Timer | undefined;
  try {
    for (;;) {
      const next = iterator.next();
      for (;;) {
        const beat = new Promise<undefined>((resolve) => {
          timer = clock.setTimer(HEARTBEAT_MS, () => resolve(undefined));
        });
        const result = await Promise.race([next, beat]);
        timer?.clear();
        if (result === undefined) {
          yield heartbeat;
          continue;
        }
        if (result.done === true) return;
        yield result.value;
        break;
      }
    }
  } finally {
    timer?.clear();
    await iterator.return?.();
  }
}

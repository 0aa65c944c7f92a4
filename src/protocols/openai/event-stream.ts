import type { Clock } from '../../core/index.js';
import { event, eventStream, type StreamEnd } from '../shared/generation/event-stream.js';
import type { WireStream } from '../wire.js';
import { errorBody } from './errors.js';

const WITH_DONE: StreamEnd = { failed: (error) => event(errorBody(error)), last: 'data: [DONE]\n\n' };

/** A stream of chunks as OpenAI's clients read it, which ends with `[DONE]`. */
export function chunkStream(chunks: AsyncIterable<string>, clock: Clock): WireStream {
  return eventStream(chunks, clock, WITH_DONE);
}

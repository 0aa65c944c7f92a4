/** What the decoding thread runs for events in one object; see {@link DecodeFunction}. */
import type { Decoded } from '../decoding/jobs.js';
import { readEventData } from './event.js';

export function data({ body }: { readonly body: Uint8Array }): Decoded<Uint8Array> {
  // A view would cross threads with all of what it is a view of.
  return { result: new Uint8Array(readEventData(body)), tensors: [] };
}

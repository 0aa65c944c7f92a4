import { isUtf8 } from 'node:buffer';
import { bytesElementEnd, type Tensor, type Turns } from '../core/index.js';

/** Packed BYTES of more bytes than this are walked in slices before they are checked: see {@link walkLargeBytes}. */
const LARGE_BYTES = 131_072;
/** What a slice may cost; an element costs its bytes, and something for itself. */
const SLICE_COST = 1_048_576;
const ELEMENT_COST = 16;
/** Elements up to this length are cheaper to look at here than to hand over. */
const SHORT_BYTES = 64;

/** What a BYTES tensor consists of, found out element by element. */
export class BytesWalk {
  readonly #data: Uint8Array;
  #offset = 0;
  /** Elements so far. */
  count = 0;
  /** The first element that is not UTF-8; -1 = all are. */
  notText = -1;

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  /** Goes on for `cost`, the rest of an element that is begun included; false at the end. Throws where a length runs past the end. */
  step(cost: number): boolean {
    const data = this.#data;
    let room = cost;
    while (room > 0 && this.#offset < data.length) {
      const start = this.#offset + 4;
      const end = bytesElementEnd(data, this.#offset, this.count);
      if (this.notText < 0 && !isText(data, start, end)) this.notText = this.count;
      room -= ELEMENT_COST + (end - start);
      this.#offset = end;
      this.count++;
    }
    return this.#offset < data.length;
  }
}

function isText(data: Uint8Array, start: number, end: number): boolean {
  if (end - start > SHORT_BYTES) return isUtf8(data.subarray(start, end));
  for (let at = start; at < end; at++) {
    if ((data[at] as number) > 0x7f) return isUtf8(data.subarray(start, end));
  }
  return true;
}

const walked = new WeakMap<Uint8Array, BytesWalk>();

/** What packed BYTES consist of: as it is known, or found out now. Throws where a length runs past the end. */
export function walkBytes(data: Uint8Array): BytesWalk {
  const known = walked.get(data);
  if (known !== undefined) return known;
  const walk = new BytesWalk(data);
  walk.step(Number.POSITIVE_INFINITY);
  return walk;
}

/** Whether {@link walkLargeBytes} has something to do. */
export function hasLargeBytes(tensors: readonly Tensor[]): boolean {
  return tensors.some(isLarge);
}

/**
 * Walks BYTES tensors that would hold up the event loop, a slice in each turn, and keeps what it finds for the check of the request
 * that they are in. Rejects where a length runs past the end.
 */
export async function walkLargeBytes(tensors: readonly Tensor[], turns: Turns): Promise<void> {
  for (const tensor of tensors) {
    if (!isLarge(tensor)) continue;
    const walk = new BytesWalk(tensor.data);
    do await turns.next();
    while (walk.step(SLICE_COST));
    walked.set(tensor.data, walk);
  }
}

function isLarge({ datatype, data }: Tensor): boolean {
  return datatype === 'BYTES' && data.length > LARGE_BYTES;
}

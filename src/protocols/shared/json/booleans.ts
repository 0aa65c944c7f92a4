import { CLOSE_BRACKET } from './bytes.js';
import type { JsonCursor } from './cursor.js';
import { badElement, type Elements } from './elements.js';

/** {@link ReadElements} of `true` and `false`; 1 and 0 mean the same (Triton refuses them). */
export function readBooleans(cursor: JsonCursor, elements: Elements<Uint8Array>, from: number): number {
  const { out } = elements;
  for (let index = from; ; index++) {
    const isTrue = cursor.take('true') || cursor.take('1');
    if (!isTrue && !cursor.take('false') && !cursor.take('0')) {
      throw badElement(cursor, elements, { index, expected: 'true or false' });
    }
    if (index < out.length) out[index] = isTrue ? 1 : 0;
    if (!cursor.next(CLOSE_BRACKET)) return index + 1;
  }
}

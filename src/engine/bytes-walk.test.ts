import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { packBytes, type Tensor, Turns } from '../core/index.js';
import { BytesWalk, hasLargeBytes, walkBytes, walkLargeBytes } from './bytes-walk.js';

const tensorOf = (data: Uint8Array): Tensor => ({ name: 'x', datatype: 'BYTES', shape: [1], data });

class CountingClock extends FakeClock {
  turns = 0;

  override defer(callback: () => void): void {
    this.turns++;
    queueMicrotask(callback);
  }
}

describe('BytesWalk', () => {
  it('counts elements and finds the first that is no text, in any slices', () => {
    const element = fc.oneof(
      fc
        .array(fc.constantFrom('a', 'é', '\u{1d11e}', '\0'), { maxLength: 80 })
        .map((text) => Buffer.from(text.join(''))),
      fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(fc.array(element, { maxLength: 12 }), fc.integer({ min: 1, max: 200 }), (elements, cost) => {
        const walk = new BytesWalk(packBytes(elements));
        let steps = 1;
        while (walk.step(cost)) steps++;
        expect(walk.count).toBe(elements.length);
        expect(walk.notText).toBe(elements.findIndex((each) => Buffer.from(each.toString()).compare(each) !== 0));
        const most = elements.reduce((sum, { length }) => sum + Math.ceil((16 + length) / cost), 0);
        expect(steps).toBeLessThanOrEqual(Math.max(1, most));
      }),
      { numRuns: 40 },
    );
  });
});

describe('walkLargeBytes', () => {
  it('takes a turn of the event loop for each 65,536 empty elements', async () => {
    const clock = new CountingClock();
    const data = new Uint8Array(4 * 200_000);
    expect(hasLargeBytes([tensorOf(new Uint8Array(131_072))])).toBe(false);
    expect(hasLargeBytes([tensorOf(data)])).toBe(true);
    await walkLargeBytes([tensorOf(new Uint8Array(4)), tensorOf(data)], new Turns(clock));
    expect(clock.turns).toBe(Math.ceil(200_000 / 65_536));
  });

  it('keeps what it has found for the check of the request', async () => {
    const data = packBytes([new Uint8Array(200_000), Buffer.from([0xff])]);
    await walkLargeBytes([tensorOf(data)], new Turns(new CountingClock()));
    // Were it walked again now, it would be another.
    data.fill(0);
    expect(walkBytes(data)).toMatchObject({ count: 2, notText: 1 });
  });

  it('rejects where a length runs past the end', async () => {
    const data = new Uint8Array(200_000).fill(0xff);
    await expect(walkLargeBytes([tensorOf(data)], new Turns(new CountingClock()))).rejects.toMatchObject({
      code: 'invalid_argument',
      message: 'BYTES element 0: its length says 4294967295 bytes, but only 199996 are left',
    });
  });
});

import { fstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { FrameKind, frameWords, HEADER_BYTES, readFrame, writeHeader } from './frame.js';
import { FrameSegment, SegmentReader } from './frame-segment.js';

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-segment-'));
afterAll(() => rmSync(folder, { recursive: true }));

function openSegment(): FrameSegment & Disposable {
  const segment = FrameSegment.open(folder);
  if (segment === undefined) throw new Error(`no segment can be opened in ${folder}`);
  return Object.assign(segment, { [Symbol.dispose]: () => segment.close() });
}

/** A frame in two pieces, filled with its ticket. */
function frameOf(ticket: number, sizeBytes: number): Uint8Array[] {
  const head = new Uint8Array(HEADER_BYTES);
  writeHeader(frameWords(head), sizeBytes, { kind: FrameKind.execute, modelKey: 7, ticket });
  return [head, new Uint8Array(sizeBytes - HEADER_BYTES).fill(ticket)];
}

const KIB = 1_024;

test('a large frame lies in the segment until its ticket is released, and a small one tells where', () => {
  using segment = openSegment();
  const reader = new SegmentReader(segment.fd);
  const sent = frameOf(3, 600 * KIB);
  const stored = readFrame(segment.store(sent) as Uint8Array);
  expect(stored).toMatchObject({ kind: FrameKind.stored, modelKey: 7, ticket: 3 });
  expect(stored.bytes.byteLength).toBe(24);
  for (const frame of [reader.read(stored), reader.take(stored)]) {
    expect(frame).toMatchObject({ kind: FrameKind.execute, modelKey: 7, ticket: 3 });
    expect(Buffer.compare(frame.bytes, Buffer.concat(sent))).toBe(0);
  }
});

test('what is read next takes the place of what was read, but not of what was taken', () => {
  using segment = openSegment();
  const reader = new SegmentReader(segment.fd);
  const [first, second] = [1, 2].map((ticket) => readFrame(segment.store(frameOf(ticket, 200 * KIB)) as Uint8Array));
  if (first === undefined || second === undefined) throw new Error('nothing was stored');
  const taken = reader.take(first);
  const read = reader.read(first);
  reader.read(second);
  expect([taken.ticket, readFrame(taken.bytes).ticket, readFrame(read.bytes).ticket]).toEqual([1, 1, 2]);
});

test('frames that a pipe holds, and those whose writing would take long, are not stored', () => {
  using segment = openSegment();
  expect(segment.store(frameOf(1, 128 * KIB - 8))).toBeUndefined();
  expect(segment.store(frameOf(1, 8_192 * KIB + 8))).toBeUndefined();
  expect(fstatSync(segment.fd).size).toBe(0);
  expect(segment.store(frameOf(1, 128 * KIB))).toBeDefined();
});

test('a frame for which no room is left is not stored; the room of a released one is used again', () => {
  using segment = openSegment();
  for (let ticket = 1; ticket <= 4; ticket++) expect(segment.store(frameOf(ticket, 8_192 * KIB))).toBeDefined();
  expect(segment.store(frameOf(5, 128 * KIB))).toBeUndefined();
  segment.release(2);
  segment.release(99);
  expect(segment.store(frameOf(6, 4_096 * KIB))).toBeDefined();
  expect(segment.store(frameOf(7, 4_096 * KIB))).toBeDefined();
  expect(segment.store(frameOf(8, 128 * KIB))).toBeUndefined();
  expect(fstatSync(segment.fd).size).toBe(32 * KIB * KIB);
});

test('whatever is stored and released, in any order, each frame is read as it was sent', () => {
  const step = fc.record({ sizeBytes: fc.integer({ min: 16_384, max: 200_000 }).map((n) => n * 8), release: fc.nat() });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      using segment = openSegment();
      const reader = new SegmentReader(segment.fd);
      let open: { ticket: number; sizeBytes: number; stored: Uint8Array }[] = [];
      for (const [index, { sizeBytes, release }] of steps.entries()) {
        const ticket = index + 1;
        const stored = segment.store(frameOf(ticket, sizeBytes));
        if (stored !== undefined) open.push({ ticket, sizeBytes, stored });
        const gone = open[release % Math.max(1, 2 * open.length)];
        if (gone === undefined) continue;
        const { bytes } = reader.read(readFrame(gone.stored));
        expect(bytes.byteLength).toBe(gone.sizeBytes);
        expect(bytes.subarray(HEADER_BYTES).every((byte) => byte === gone.ticket)).toBe(true);
        segment.release(gone.ticket);
        open = open.filter((other) => other !== gone);
      }
    }),
    { numRuns: 20 },
  );
});

test('the segment has no name, so that it goes with the processes that have it open', () => {
  using _segment = openSegment();
  expect(readdirSync(folder)).toEqual([]);
});

test('without shared memory there is no segment', () => {
  expect(FrameSegment.open(path.join(folder, 'missing'))).toBeUndefined();
});

test('a closed segment stores nothing', () => {
  const segment = openSegment();
  segment.close();
  segment.close();
  expect(segment.store(frameOf(1, 200 * KIB))).toBeUndefined();
});

test('a frame that could not be written whole goes another way', () => {
  const segment = new FrameSegment(-1);
  expect(segment.store(frameOf(1, 200 * KIB))).toBeUndefined();
});

test('a stored frame that is not there is malformed', () => {
  using segment = openSegment();
  const reader = new SegmentReader(segment.fd);
  const stored = segment.store(frameOf(1, 200 * KIB)) as Uint8Array;
  frameWords(stored)[4] = 199 * KIB;
  expect(() => reader.read(readFrame(stored))).toThrow('malformed frame: less is stored than it says');
  frameWords(stored)[5] = 3;
  expect(() => reader.read(readFrame(stored))).toThrow('malformed frame: a size of 3 bytes');
});

import { describe, expect, it } from 'vitest';
import { systemClock, Turns } from '../../../core/index.js';
import { piecesOf } from '../../wire.js';
import { createVectorAnswer, writeBase64, writeList, writeVector } from './write-vectors.js';

const answer = createVectorAnswer(new Turns(systemClock));
const rowsOf = (count: number, size: number) =>
  Array.from({ length: count }, (_, row) => Float32Array.from({ length: size }, (_, index) => (row - index) / 7));

describe('an answer with vectors', () => {
  it('is one text where it is short', async () => {
    const rows = rowsOf(2, 3);
    const { body } = await answer(rows, (writer) => writeList(writer, rows, (row) => writeVector(writer, row)));
    expect(typeof body).toBe('string');
    expect(JSON.parse(String(body)).map((row: readonly number[]) => Float32Array.from(row))).toEqual(rows);
  });

  it('is written in pieces where it is long, with turns for others between them', async () => {
    const rows = rowsOf(64, 1_024);
    const { body } = await answer(rows, (writer) => writeList(writer, rows, (row) => writeVector(writer, row)));
    const pieces = piecesOf(body).map((piece) => Buffer.from(piece));
    expect(pieces.length).toBeGreaterThan(3);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(160_000);
    const read = JSON.parse(Buffer.concat(pieces).toString());
    expect(read.map((row: readonly number[]) => Float32Array.from(row))).toEqual(rows);
  });

  it('may be base64 of its numbers, or empty', async () => {
    const rows = [Float32Array.of(1, 2, 3).subarray(1)];
    const { body } = await answer(rows, (writer) => writeList(writer, rows, (row) => writeBase64(writer, row)));
    const [text] = JSON.parse(String(body));
    expect(Buffer.from(text, 'base64')).toEqual(Buffer.from(Float32Array.of(2, 3).buffer));
    const empty = await answer([], (writer) => writeList(writer, [], () => undefined));
    expect(empty.body).toBe('[]');
  });
});

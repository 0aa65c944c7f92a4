import { bytesOf, type Turns } from '../../../core/index.js';
import { LARGE_BYTES, type WireResponse } from '../../wire.js';
import { createStepwiseAnswer, isLong, type WriteInSteps } from '../json/stepwise.js';
import { createNumberWriter } from '../json/write-elements.js';
import type { JsonWriter } from '../json/writer.js';

/** Writes an answer with vectors; one with many numbers bit by bit, so that it does not hold up the event loop. */
export type AnswerVectors = (
  rows: readonly Float32Array[],
  write: WriteInSteps,
) => WireResponse | Promise<WireResponse>;

/** A writer of answers with a buffer of its own. */
export function createVectorAnswer(turns: Turns): AnswerVectors {
  const answer = createStepwiseAnswer(turns);
  return (rows, write) => answer(write, { isLarge: rows.reduce((sum, row) => sum + row.byteLength, 0) > LARGE_BYTES });
}

/** Writes a list, item by item, with a step where much has been written. */
export function* writeList<Item>(
  writer: JsonWriter,
  items: Iterable<Item>,
  write: (item: Item) => void,
): Generator<undefined, void> {
  let separator = '[';
  for (const item of items) {
    writer.ascii(separator);
    separator = ',';
    write(item);
    if (isLong(writer)) yield;
  }
  writer.ascii(separator === '[' ? '[]' : ']');
}

/** Writes a vector as a list of numbers. */
export function writeVector(writer: JsonWriter, row: Float32Array): void {
  writer.ascii('[');
  createNumberWriter('FP32', bytesOf(row))(writer, { first: 0, from: 0, to: row.length });
  writer.ascii(']');
}

/** Writes the weights of a text as TEI does: a list of tokens with their weights. */
export function writeWeights(
  writer: JsonWriter,
  { indices, weights }: { readonly indices: Int32Array; readonly weights: Float32Array },
): void {
  const writeNumbers = createNumberWriter('FP32', bytesOf(weights));
  writer.ascii('[');
  for (const [place, index] of indices.entries()) {
    writer.ascii(`${place === 0 ? '' : ','}{"index":${index},"value":`);
    writeNumbers(writer, { first: place, from: place, to: place + 1 });
    writer.ascii('}');
  }
  writer.ascii(']');
}

/** Writes a vector as base64 of its elements, FP32 in little-endian order. */
export function writeBase64(writer: JsonWriter, { buffer, byteOffset, byteLength }: Float32Array): void {
  writer.ascii(`"${Buffer.from(buffer, byteOffset, byteLength).toString('base64')}"`);
}

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';

/** Latencies in milliseconds of a server under load that changes, in the order of its answers: record-latencies.mjs says how. */
export function readRecordedLatencies(): readonly number[] {
  const file = path.join(import.meta.dirname, 'recorded-latencies.json');
  const { data } = JSON.parse(readFileSync(file, 'utf8')) as { readonly data: string };
  const bytes = inflateRawSync(Buffer.from(data, 'base64'));
  return Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readUInt16LE(index * 2) / 100);
}

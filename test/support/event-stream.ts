import { crc32 } from 'node:zlib';

export interface EventMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string;
}

/** Reads messages of AWS's event stream encoding; throws where a checksum is wrong. */
export function readEventStream(bytes: Uint8Array): readonly EventMessage[] {
  const data = Buffer.from(bytes);
  const messages: EventMessage[] = [];
  for (let at = 0; at < data.length; ) {
    const total = data.readUInt32BE(at);
    const headersBytes = data.readUInt32BE(at + 4);
    if (crc32(data.subarray(at, at + 8)) !== data.readUInt32BE(at + 8)) throw new Error('checksum of the prelude');
    if (crc32(data.subarray(at, at + total - 4)) !== data.readUInt32BE(at + total - 4)) throw new Error('checksum');
    const headers: Record<string, string> = {};
    const start = at + 12;
    for (let pos = start; pos < start + headersBytes; ) {
      const nameEnd = pos + 1 + data.readUInt8(pos);
      if (data.readUInt8(nameEnd) !== 7) throw new Error('a header that is no text');
      const valueEnd = nameEnd + 3 + data.readUInt16BE(nameEnd + 1);
      headers[data.toString('utf8', pos + 1, nameEnd)] = data.toString('utf8', nameEnd + 3, valueEnd);
      pos = valueEnd;
    }
    messages.push({ headers, payload: data.toString('utf8', start + headersBytes, at + total - 4) });
    at += total;
  }
  return messages;
}

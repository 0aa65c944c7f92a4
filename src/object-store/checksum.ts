import { createHash, webcrypto } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ObjectHeaders } from './http/exchange.js';

const { subtle } = webcrypto;

/** SHA-256 of bytes, computed outside of the event loop. */
export async function sha256(bytes: Uint8Array): Promise<Buffer> {
  return Buffer.from(await subtle.digest('SHA-256', new Uint8Array(bytes)));
}

/** Compares what has come with the checksum that the store keeps. */
export interface ChecksumCheck {
  readonly name: string;
  update(chunk: Uint8Array): void;
  /** Whether all that has come is what was stored. */
  matches(): boolean;
}

/** The check of a whole object; undefined = the store keeps none that is of the whole object and of a kind that is known here. */
export function checksumOf(headers: ObjectHeaders): ChecksumCheck | undefined {
  const { 'x-amz-checksum-sha256': ofSha, 'x-amz-checksum-crc32': ofCrc, 'x-amz-checksum-type': type } = headers;
  // Of several parts: a checksum of their checksums.
  if (type === 'COMPOSITE') return undefined;
  if (typeof ofSha === 'string' && !ofSha.includes('-')) return sha256Check(ofSha);
  if (typeof ofCrc === 'string' && !ofCrc.includes('-')) return crc32Check(ofCrc);
  return undefined;
}

function sha256Check(expected: string): ChecksumCheck {
  const hash = createHash('sha256');
  return {
    name: 'SHA-256',
    update: (chunk) => void hash.update(chunk),
    matches: () => hash.digest('base64') === expected,
  };
}

function crc32Check(expected: string): ChecksumCheck {
  let value = 0;
  return {
    name: 'CRC-32',
    update(chunk) {
      value = crc32(chunk, value);
    },
    matches() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes.toString('base64') === expected;
    },
  };
}

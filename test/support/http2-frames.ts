/** With which a client of HTTP/2 begins (RFC 9113, section 3.4). */
export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export const [DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION] =
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
export const END_STREAM = 1;
export const ACK = 1;
export const END_HEADERS = 4;

/** A frame of HTTP/2 (RFC 9113, section 4.1). */
export interface Frame {
  readonly type: number;
  /** Default: 0. */
  readonly flags?: number;
  /** Default: 0, the connection. */
  readonly stream?: number;
  /** Default: none. */
  readonly payload?: Uint8Array;
  /** As it is announced. Default: as it is. */
  readonly length?: number | undefined;
}

export function writeFrame({ type, flags = 0, stream = 0, payload = new Uint8Array(0), length }: Frame): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length ?? payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Headers of a call as HPACK writes those that no table holds (RFC 7541, section 6.2.2). */
export function callHeaders(path: string, others: Readonly<Record<string, string>> = {}): Buffer {
  const fields = {
    ':method': 'POST',
    ':scheme': 'http',
    ':authority': 'localhost',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...others,
  };
  const text = (value: string) => Buffer.concat([writeInteger(value.length), Buffer.from(value, 'latin1')]);
  return Buffer.concat(Object.entries(fields).flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)]));
}

function writeInteger(value: number): Buffer {
  if (value < 127) return Buffer.of(value);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest >>= 7) bytes.push((rest & 127) | 128);
  return Buffer.of(...bytes, rest);
}

import { framed } from '../support/grpc-server.js';
import {
  ACK,
  CONTINUATION,
  callHeaders,
  DATA,
  END_HEADERS,
  END_STREAM,
  type Frame,
  GOAWAY,
  HEADERS,
  PING,
  PREFACE,
  PRIORITY,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
  writeFrame,
} from '../support/http2-frames.js';
import type { Random } from '../support/random.js';
import type { GrpcSample } from './make-grpc.js';
import { inPieces } from './make-http.js';
import { mutateBytes } from './mutate.js';
import type { MakeShot } from './shot.js';

type WholeFrame = Required<Omit<Frame, 'length'>> & Pick<Frame, 'length'>;

/** Connections of HTTP/2: valid calls among frames of all kinds, some of them repeated, dropped, moved or damaged. */
export function brokenHttp2(samples: readonly GrpcSample[]): MakeShot {
  return (random) => {
    let frames: readonly WholeFrame[] = [frame(SETTINGS, {}), ...calls(samples, random)];
    for (let times = random.integer(0, 4); times > 0; times--) frames = mutateFrames(frames, random);
    const whole = Buffer.concat([Buffer.from(PREFACE), ...frames.map(writeFrame)]);
    const bytes = random.chance(0.2) ? mutateBytes(whole, random) : whole;
    return { kind: 'bytes', port: 'grpc', pieces: inPieces(bytes, random), leaves: random.chance(0.05) };
  };
}

function frame(type: number, { flags = 0, stream = 0, payload = new Uint8Array(0) }: Partial<Frame>): WholeFrame {
  return { type, flags, stream, payload };
}

function calls(samples: readonly GrpcSample[], random: Random): WholeFrame[] {
  return Array.from({ length: random.integer(1, 4) }, (_, index) => {
    const { path, message } = random.pick(samples);
    const stream = 2 * index + 1;
    const headers = callHeaders(path, random.chance(0.1) ? { cookie: 'x'.repeat(random.integer(1, 20_000)) } : {});
    const cut = random.chance(0.2) ? random.integer(0, headers.length) : headers.length;
    const isWhole = cut === headers.length;
    return [
      frame(HEADERS, { stream, flags: isWhole ? END_HEADERS : 0, payload: headers.subarray(0, cut) }),
      ...(isWhole ? [] : [frame(CONTINUATION, { stream, flags: END_HEADERS, payload: headers.subarray(cut) })]),
      frame(DATA, { stream, flags: END_STREAM, payload: framed(message) }),
      frame(RST_STREAM, { stream, payload: Buffer.of(0, 0, 0, 8) }),
    ].slice(0, random.chance(0.1) ? 4 : -1);
  }).flat();
}

function mutateFrames(frames: readonly WholeFrame[], random: Random): readonly WholeFrame[] {
  const at = random.integer(0, Math.max(0, frames.length - 1));
  const here = frames[at];
  if (here === undefined) return [randomFrame(random)];
  switch (random.integer(0, 7)) {
    case 0:
      return frames.toSpliced(at, 1);
    case 1:
      return frames.toSpliced(at, 0, ...new Array<WholeFrame>(random.pick([1, 20, 500])).fill(here));
    case 2:
      return frames.toSpliced(at, 1).toSpliced(random.integer(0, frames.length - 1), 0, here);
    case 3:
      return frames.with(at, { ...here, stream: random.pick([0, 1, 2, 3, 5, 99, 2 ** 31 - 1]) });
    case 4:
      return frames.with(at, { ...here, flags: here.flags ^ random.pick([1, 4, 8, 32, 255]) });
    case 5:
      return frames.with(at, { ...here, payload: mutateBytes(here.payload, random) });
    case 6:
      return frames.with(at, { ...here, length: random.pick([0, 1, here.payload.length + 1, 16_385, 2 ** 24 - 1]) });
    default: {
      const extra = randomFrame(random);
      return frames.toSpliced(at, 0, ...new Array<WholeFrame>(random.pick([1, 1, 30, 1_000])).fill(extra));
    }
  }
}

/** Well-formed but for its place, mostly. */
function randomFrame(random: Random): WholeFrame {
  const stream = random.pick([0, 1, 3, 5, 7, 99]);
  const number = Buffer.alloc(4);
  number.writeUInt32BE(random.pick([0, 1, 8, 11, 65_535, 2 ** 31 - 1, 2 ** 32 - 1]));
  return random.pick([
    frame(WINDOW_UPDATE, { stream, payload: number }),
    frame(PRIORITY, { stream, payload: Buffer.concat([number, Buffer.of(16)]) }),
    frame(RST_STREAM, { stream, payload: number }),
    frame(PING, { payload: random.bytes(8) }),
    frame(PING, { flags: ACK, payload: random.bytes(8) }),
    frame(SETTINGS, { payload: Buffer.concat([Buffer.of(0, random.integer(1, 8)), number]) }),
    frame(SETTINGS, { flags: ACK }),
    frame(GOAWAY, { payload: Buffer.concat([number, number]) }),
    frame(PUSH_PROMISE, { stream, payload: number }),
    frame(DATA, { stream, payload: random.bytes(random.integer(0, 50)) }),
    frame(random.integer(10, 255), { stream, payload: random.bytes(random.integer(0, 50)) }),
  ]);
}

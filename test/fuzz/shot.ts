import type { Random } from '../support/random.js';
import { type Draft, encodeDraft } from './mutate.js';

/** A request over HTTP whose framing is right: it gets one answer. */
export interface HttpShot {
  readonly kind: 'http';
  readonly draft: Draft;
  readonly bytes: Uint8Array;
}

/** A gRPC call; `frames` are its messages with their prefixes. */
export interface GrpcShot {
  readonly kind: 'grpc';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly frames: readonly Uint8Array[];
  /** The client cancels the call at the first thing that it hears. */
  readonly leaves: boolean;
}

/** Bytes on a connection of their own, which the server ends once the client has ended its side. */
export interface BytesShot {
  readonly kind: 'bytes';
  readonly port: 'http' | 'grpc';
  readonly pieces: readonly Uint8Array[];
  /** The client breaks the connection off instead of ending its side. */
  readonly leaves: boolean;
}

/** One thing that a lane sends. */
export type Shot = HttpShot | GrpcShot | BytesShot;

/** The next shot by chance. */
export type MakeShot = (random: Random) => Shot;

export function httpShot(draft: Draft, random: Random): HttpShot {
  return { kind: 'http', draft, bytes: encodeDraft(draft, random) };
}

/** A shot of any of these; one with twice the weight is twice as likely. */
export function anyOf(...choices: readonly (readonly [weight: number, make: MakeShot])[]): MakeShot {
  const total = choices.reduce((sum, [weight]) => sum + weight, 0);
  return (random) => {
    let at = random.next() * total;
    for (const [weight, make] of choices) {
      at -= weight;
      if (at < 0) return make(random);
    }
    throw new RangeError('nothing to choose from');
  };
}

const MAX_SHOWN = 1_500;

/** The shot as a text from which it can be sent again, unless it is very long. */
export function showShot(shot: Shot): string {
  if (shot.kind === 'http') return showBytes(shot.bytes);
  if (shot.kind === 'bytes') return `[${shot.pieces.map(showBytes).join(', ')}] to the port for ${shot.port}`;
  const frames = shot.frames.map((frame) => Buffer.from(frame).toString('hex').slice(0, MAX_SHOWN));
  return `${shot.path} ${JSON.stringify(shot.headers)} with the frames ${frames.join(' ') || '(none)'}`;
}

function showBytes(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1');
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}… (${text.length} bytes)` : text);
}

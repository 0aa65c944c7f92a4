import { gzipSync } from 'node:zlib';
import { requestBytes } from '../support/grpc-messages.js';
import { framed } from '../support/grpc-server.js';
import type { Random } from '../support/random.js';
import { mutateBytes, mutateTarget } from './mutate.js';
import { mutateProtobuf } from './protobuf.js';
import type { MakeShot } from './shot.js';

/** A valid call. */
export interface GrpcSample {
  readonly path: string;
  readonly message: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** It does not end unless its client does. */
  readonly isEndless?: boolean;
}

/** A valid call whose message is written from JSON with the names of the proto file. */
export function call(path: string, request: object, headers: GrpcSample['headers'] = {}): GrpcSample {
  const message = requestBytes(path, request);
  return { path, message, headers, isEndless: path.endsWith('/Watch') };
}

/** Mutated calls: their messages, their metadata, their paths, and now and then the prefixes of their messages. */
export function grpcShots(samples: readonly GrpcSample[]): MakeShot {
  return (random) => {
    const sample = random.pick(samples);
    const frames = [frameOf(sample, random)];
    while (random.chance(0.15) && frames.length < 20) frames.push(frameOf(random.pick(samples), random));
    if (random.chance(0.03)) frames.pop();
    return {
      kind: 'grpc',
      path: random.chance(0.05) ? mutateTarget(sample.path, random) : sample.path,
      headers: headersOf(sample, random),
      frames,
      leaves: sample.isEndless === true || random.chance(0.05),
    };
  };
}

function frameOf({ message }: GrpcSample, random: Random): Uint8Array {
  const changed = random.chance(0.7) ? mutateProtobuf(message, random) : message;
  if (random.chance(0.05)) return framed(gzipSync(changed), 1);
  const frame = framed(changed, random.chance(0.02) ? random.integer(1, 255) : 0);
  return random.chance(0.03) ? mutateBytes(frame, random) : frame;
}

function headersOf({ headers = {} }: GrpcSample, random: Random): Record<string, string> {
  const changed: Record<string, string> = { ...headers };
  for (const name of Object.keys(changed)) if (random.chance(0.05)) delete changed[name];
  if (random.chance(0.2)) {
    const [name, values] = random.pick(HEADERS);
    changed[name] = random.pick([...values, ...ANY_VALUES]);
  }
  return changed;
}

const ANY_VALUES = ['', '-1', '0', '99999999999999999999', 'NaN', 'a b', 'x'.repeat(2_000)];

const HEADERS: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['grpc-timeout', ['1S', '1n', '0S', '99999999H', '999999999S', '5 m']],
  ['grpc-encoding', ['gzip', 'deflate', 'identity', 'snappy']],
  ['grpc-accept-encoding', ['gzip', 'identity,gzip', ',,']],
  ['content-type', ['application/grpc+proto', 'application/grpc-web', 'application/json']],
  ['content-length', ['1', '10']],
  [':authority', ['evil.example', 'localhost:1']],
  ['user-agent', ['grpc-node', '']],
  ['authorization', ['Bearer x', 'Basic eA==']],
  ['x-request-id', ['one', '<script>']],
  ['x-api-key', ['one']],
  ['traceparent', [`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, '00']],
  ['triton_grpc_error', ['true']],
  ['custom-bin', ['AAAA', '=', '!']],
];

import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { type Clock, invalidArgument, type Timer } from '../../../core/index.js';
import type { Service } from '../../../service/index.js';
import type { GrpcMessage, GrpcMethod, GrpcStream, GrpcStreamHandler } from './method.js';

const SERVICE = '/grpc.health.v1.Health';
/** The server as a whole. */
const WHOLE = '';
const WATCH_INTERVAL_MS = 1_000;

/** `HealthCheckResponse.ServingStatus`. */
const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;

/**
 * `grpc.health.v1.Health`: the readiness of the server. `Check` needs no key and answers the same whatever service it is asked for, as
 * Triton does; `Watch` says `SERVICE_UNKNOWN` of names that it does not know, and looks once a second.
 */
export function createHealthMethods(
  service: Pick<Service, 'server'>,
  { clock, services }: { readonly clock: Clock; readonly services: readonly string[] },
): readonly GrpcMethod[] {
  const known = [WHOLE, ...services];
  const status = () => (service.server.ready() ? SERVING : NOT_SERVING);
  return [
    {
      kind: 'unary',
      path: `${SERVICE}/Check`,
      access: 'public',
      control: false,
      handle(_call, message) {
        decodeServiceName(message);
        return encodeStatus(status());
      },
    },
    {
      kind: 'stream',
      path: `${SERVICE}/Watch`,
      access: 'key',
      control: false,
      sideline: true,
      open: (stream) => new Watch(stream, { clock, known, status }),
    },
  ];
}

interface WatchOptions {
  readonly clock: Clock;
  /** Names of services. */
  readonly known: readonly string[];
  readonly status: () => number;
}

/** One `Watch`: the status now, and again whenever it has changed. */
class Watch implements GrpcStreamHandler {
  readonly #stream: GrpcStream;
  readonly #options: WatchOptions;
  #timer: Timer | undefined;
  #watching = false;
  #sent = 0;

  constructor(stream: GrpcStream, options: WatchOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  onMessage(message: Uint8Array): void {
    try {
      if (this.#watching) throw invalidArgument('Watch takes one request, got a second one');
      this.#watching = true;
      this.#look(this.#options.known.includes(decodeServiceName(message)));
    } catch (error) {
      this.onBroken();
      this.#stream.end(error);
    }
  }

  onHalfClose(): void {
    if (!this.#watching) {
      this.#stream.end(invalidArgument('Watch takes one request, got none'));
    }
  }

  onBroken(): void {
    this.#timer?.clear();
  }

  #look(known: boolean): void {
    const status = known ? this.#options.status() : SERVICE_UNKNOWN;
    if (status !== this.#sent) this.#stream.send(encodeStatus(status));
    this.#sent = status;
    this.#timer = this.#options.clock.setTimer(WATCH_INTERVAL_MS, () => this.#look(known));
  }
}

/** `HealthCheckResponse { status = 1 }`. */
function encodeStatus(status: number): GrpcMessage {
  return [Uint8Array.of(0x08, status)];
}

/** The only field of a `HealthCheckRequest`. */
const SERVICE_FIELD = 1;

function decodeServiceName(message: Uint8Array): string {
  try {
    const reader = new BinaryReader(message);
    let name = '';
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field === SERVICE_FIELD && wireType === WireType.LengthDelimited) name = reader.string();
      else reader.skip(wireType, field);
    }
    return name;
  } catch (error) {
    throw invalidArgument('the message is no HealthCheckRequest', { cause: error });
  }
}

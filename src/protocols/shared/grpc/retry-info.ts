import { ProtoWriter, VARINT } from '../../../protobuf/index.js';

interface Later {
  /** `grpc-status` with its `grpc-message`. */
  readonly status: number;
  readonly message: string;
  readonly retryAfterMs: number;
}

const TYPE = 'type.googleapis.com/google.rpc.RetryInfo';
const writer = new ProtoWriter();

/** `grpc-status-details-bin` of an error: a `google.rpc.Status` with a `google.rpc.RetryInfo`, in base64 without padding. */
export function encodeRetryInfo({ status, message, retryAfterMs }: Later): string {
  const ms = Math.ceil(retryAfterMs);
  writer.reset();
  integer(1, status);
  writer.string(2, message);
  const any = writer.begin(3);
  writer.string(1, TYPE);
  const retryInfo = writer.begin(2);
  const delay = writer.begin(1);
  integer(1, Math.floor(ms / 1_000));
  integer(2, (ms % 1_000) * 1_000_000);
  for (const mark of [delay, retryInfo, any]) writer.end(mark);
  return Buffer.concat(writer.finish()).toString('base64').replace(/=+$/, '');
}

function integer(field: number, value: number): void {
  writer.varint(field * 8 + VARINT);
  writer.varint(value);
}

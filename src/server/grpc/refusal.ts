import { MillraceError } from '../../core/index.js';
import { GRPC_STATUS, GRPC_STATUS_CODES } from '../../protocols/index.js';

/** A refusal by the transport itself, with a status that no error code stands for. */
export class GrpcRefusal extends MillraceError {
  readonly status: number;

  constructor(status: number, message: string) {
    super(status === GRPC_STATUS_CODES.UNIMPLEMENTED ? 'unimplemented' : 'invalid_argument', message);
    this.name = 'GrpcRefusal';
    this.status = status;
  }
}

/** The `grpc-status` of an error. */
export function statusOf(error: MillraceError): number {
  return error instanceof GrpcRefusal ? error.status : GRPC_STATUS[error.code];
}

import type { ErrorCode } from '../../core/index.js';
import { HTTP_STATUS } from '../shared/http-errors.js';

/** HTTP status of each error on the routes of the Open Inference Protocol. */
export const OIP_STATUS: Readonly<Record<ErrorCode, number>> = {
  ...HTTP_STATUS,
  // As Triton has it.
  already_exists: 400,
  failed_precondition: 412,
  resource_exhausted: 503,
};

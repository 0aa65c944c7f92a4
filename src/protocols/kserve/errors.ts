import type { ErrorCode } from '../../core/index.js';
import { HTTP_STATUS } from '../shared/http-errors.js';

/** HTTP status of each error on KServe's routes. */
export const KSERVE_STATUS: Readonly<Record<ErrorCode, number>> = {
  ...HTTP_STATUS,
  failed_precondition: 412,
  resource_exhausted: 503,
};

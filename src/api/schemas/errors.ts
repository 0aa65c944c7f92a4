import { Type } from '@sinclair/typebox';
import { ERROR_CODES } from '../../core/index.js';
import type { ApiError } from '../errors.js';
import { oneOf } from './common.js';
import { schemaOf } from './schema-of.js';

/** The body of answers that are no success. */
export const ApiErrorSchema = schemaOf<ApiError>()(
  Type.Object({ error: Type.Object({ code: oneOf(...ERROR_CODES), message: Type.String() }) }),
);

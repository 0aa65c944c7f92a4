import { expect, it } from 'vitest';
import { ERROR_CODES } from '../../../core/index.js';
import { GRPC_STATUS } from './status.js';

it('gives every error the status that clients of Triton know it by', () => {
  expect(ERROR_CODES.map((code) => [code, GRPC_STATUS[code]])).toEqual([
    ['invalid_argument', 3],
    ['unauthenticated', 16],
    ['permission_denied', 7],
    ['not_found', 5],
    ['already_exists', 6],
    ['failed_precondition', 9],
    ['resource_exhausted', 14],
    ['quota_exceeded', 8],
    ['unavailable', 14],
    ['deadline_exceeded', 4],
    ['cancelled', 1],
    ['unimplemented', 12],
    ['internal', 13],
  ]);
});

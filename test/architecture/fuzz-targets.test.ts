import { expect, it } from 'vitest';
import { TARGETS } from '../fuzz/targets/index.js';
import { GRPC_ROWS, HTTP_ROWS } from '../support/access-rows.js';

it('every route and every method is fuzzed', () => {
  const paths = [...Object.keys(HTTP_ROWS).map((id) => id.split(' ')[1] ?? ''), ...Object.keys(GRPC_ROWS)];
  expect(paths.filter((path) => !TARGETS.some(({ rows }) => rows.test(path)))).toEqual([]);
});

it('no target lists an unexpected error of the server', () => {
  const listed = TARGETS.flatMap(({ statuses, codes }) => [...statuses, ...codes]);
  // Internal errors of HTTP and gRPC, and the code of exceptions that nobody caught.
  expect(listed.filter((status) => [500, 13, 2].includes(status))).toEqual([]);
});

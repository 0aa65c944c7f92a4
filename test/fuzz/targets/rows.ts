import { GRPC_ROWS, HTTP_ROWS, pathOf } from '../../support/access-rows.js';
import type { Json } from '../json.js';
import { call, type GrpcSample } from '../make-grpc.js';
import { get, post } from '../make-http.js';
import type { Sample } from '../mutate.js';

/** The model that the rows of the role matrix name. */
export const ROW_MODEL = {
  'echo/1/': '',
  'echo/model.yaml': [
    'runtime: echo',
    'instances: { placement: inline }',
    'inputs: [{ name: x, datatype: INT32, shape: [1] }]',
    'outputs: [{ name: x, datatype: INT32, shape: [1] }]',
  ].join('\n'),
};

/** Valid requests of the HTTP routes whose path matches. */
export function routeSamples(rows: RegExp): readonly Sample[] {
  return Object.entries(HTTP_ROWS).flatMap(([id, { request = {}, endless = false }]) => {
    const [method = '', route = ''] = id.split(' ');
    if (!rows.test(route) || endless) return [];
    const path = pathOf(route, method);
    return [method === 'GET' ? get(path) : post(path, request as Json, { method })];
  });
}

/** Valid calls of the gRPC methods whose path matches. */
export function methodSamples(rows: RegExp): readonly GrpcSample[] {
  return Object.entries(GRPC_ROWS).flatMap(([path, { request = {} }]) =>
    rows.test(path) ? [call(path, request)] : [],
  );
}

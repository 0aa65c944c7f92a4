/** The same call for other programs. No DOM. */

/** @import { Call, Place, Snippet } from './types.js' */

import { curlSnippet } from './snippet-curl.js';
import { grpcSnippet } from './snippet-grpc.js';
import { pythonSnippet } from './snippet-python.js';
import { typescriptSnippet } from './snippet-typescript.js';

/**
 * The call in every language that can make it here.
 *
 * @param {Call} call
 * @param {Place} place
 * @returns {readonly Snippet[]}
 */
export function snippetsOf(call, place) {
  const grpc = grpcSnippet(call, place);
  const needsGrpc = call.kind === 'stream';
  return [
    { title: 'curl', language: 'curl', code: curlSnippet(call, place) },
    { title: 'TypeScript', language: 'typescript', code: typescriptSnippet(call, place) },
    // Its client has streams over gRPC alone.
    ...(needsGrpc && grpc === undefined
      ? []
      : [/** @type {Snippet} */ ({ title: 'Python', language: 'python', code: pythonSnippet(call, place) })]),
    ...(grpc === undefined ? [] : [/** @type {Snippet} */ ({ title: 'gRPC', language: 'grpc', code: grpc })]),
  ];
}

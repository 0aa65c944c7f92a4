import { type Call, excerpt } from '../../../core/index.js';
import type { DialectContext } from '../../dialect.js';
import type { RouteRequest } from '../../route.js';
import { mediaTypeOf, type WireResponse, type WireStream } from '../../wire.js';
import type { BodyHandlers } from './body-handlers.js';
import { ContentError } from './content-error.js';
import { jsonKindOf } from './json-kind.js';
import { BYTES_TYPE, CSV_TYPE, JSON_TYPE, LINES_TYPE } from './media-types.js';
import { type MediaRequest, RowsRunner } from './rows-runner.js';
import { inferTritonBinary, withBinaryType } from './triton-binary.js';
import { withHeaders } from './with-headers.js';

/**
 * Runs a model on a body of whatever kind, as platforms pass them on: by its type and, where that is JSON, by its members. The answer is
 * of the same kind; rows are written as `Accept` says. A `model` in the body does not count.
 */
export type Invoker = (call: Call, model: string, request: RouteRequest) => Promise<WireResponse | WireStream>;

/** JSON, and what says nothing of a body. */
const NEUTRAL_TYPES: ReadonlySet<string> = new Set(['', JSON_TYPE, 'application/x-www-form-urlencoded']);
const LINES_TYPES: ReadonlySet<string> = new Set([LINES_TYPE, 'application/x-jsonlines', 'application/jsonl']);
/** What SageMaker's own models take photos as; which kind it is, the photo says itself. */
const IMAGE_TYPE = 'application/x-image';
const EXPECTED = [JSON_TYPE, CSV_TYPE, LINES_TYPE, BYTES_TYPE].join(', ');

/** `binaryType`: of answers with binary tensors to requests that are one tensor. */
export function createInvoker(context: DialectContext, handlers: BodyHandlers, binaryType: string): Invoker {
  const { infer, generate, chat, completion } = handlers;
  const rows = new RowsRunner(context, handlers);

  async function invokeJson(call: Call, model: string, request: RouteRequest): Promise<WireResponse | WireStream> {
    const target = { name: model, version: undefined };
    const kind = jsonKindOf(request.body);
    switch (kind) {
      case 'infer':
        return infer(call, target, request);
      case 'generate':
        return generate(call, { ...target, stream: false }, request);
      case 'chat':
        return chat(call, model, request.body);
      case 'completion':
        return completion(call, model, request.body);
      case 'instances':
      case 'dataframe':
        return rows.runRows(call, { model, wire: request, sent: JSON_TYPE });
      case undefined:
        return rows.runMediaOrRows(call, model, request);
      default:
        return kind satisfies never;
    }
  }

  return async (call, model, request) => {
    const target = { name: model, version: undefined };
    const tensors = await inferTritonBinary(infer, call, { target, request });
    if (tensors !== undefined) return tensors;
    const type = mediaTypeOf(request.headers['content-type']);
    if (type === CSV_TYPE) return rows.runRows(call, { model, wire: request, sent: CSV_TYPE });
    if (LINES_TYPES.has(type)) return rows.runRows(call, { model, wire: request, sent: LINES_TYPE });
    if (NEUTRAL_TYPES.has(type)) return invokeJson(call, model, request);
    if (type !== BYTES_TYPE && type !== IMAGE_TYPE && !/^(image|audio)\//.test(type)) {
      throw new ContentError(
        415,
        `a body of type '${excerpt(type)}' cannot be read: expected ${EXPECTED}, image/* or audio/*`,
      );
    }
    const media = type === IMAGE_TYPE ? asBytes(request) : request;
    const answer = await rows.runMedia(call, model, media);
    // What is none is a tensor as it is.
    return answer ?? withBinaryType(await infer(call, target, withHeaders(request, RAW_TENSOR)), binaryType);
  };
}

/** In the Open Inference Protocol: none of the body is JSON. */
const RAW_TENSOR = { 'inference-header-content-length': '0' };

function asBytes(request: RouteRequest): MediaRequest {
  return { ...withHeaders(request, { 'content-type': BYTES_TYPE }), accept: request.accept };
}

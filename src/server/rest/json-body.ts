import type { TSchema } from '@sinclair/typebox';
import { invalidArgument } from '../../core/index.js';
import { checkBody } from './check-body.js';

/**
 * The JSON value of a request's body; `{}` for an empty one. Throws `invalid_argument` for anything but UTF-8 JSON, and for what is not
 * as the schema says.
 */
export function readJson(body: Uint8Array, schema: TSchema): unknown {
  const json = decodeJson(body);
  checkBody(schema, json);
  return json;
}

function decodeJson(body: Uint8Array): unknown {
  if (body.byteLength === 0) return {};
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw invalidArgument(`the body is not valid JSON: ${(error as Error).message}`);
  }
}

import { invalidArgument } from '../core/index.js';

/** The JSON value of a control request's body; `{}` for an empty one. Throws `invalid_argument` for anything but UTF-8 JSON. */
export function decodeJson(body: unknown): unknown {
  if (!(body instanceof Uint8Array) || body.byteLength === 0) return {};
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw invalidArgument(`the body is not valid JSON: ${(error as Error).message}`);
  }
}

import type { MillraceError, Signature } from '../../src/core/index.js';
import { type DecodedInfer, decodeInfer } from '../../src/protocols/oip/decode-infer.js';

export const LIMIT = 4;

export interface Sent {
  /** Binary data behind the JSON; its length becomes the header. */
  readonly blob?: Uint8Array;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly signature?: Signature;
}

export function decode(json: string | Uint8Array, { blob, headers, signature }: Sent = {}): DecodedInfer {
  const text = Buffer.from(json);
  const body = Buffer.concat([text, blob ?? Buffer.of()]);
  const length = blob === undefined ? {} : { 'inference-header-content-length': String(text.length) };
  const wire = { method: 'POST', url: '/v2/models/mlp/infer', headers: { ...length, ...headers }, body };
  return decodeInfer(wire, {
    maxInputs: LIMIT,
    signatureOf: () => {
      if (signature === undefined) throw new Error('the signature is not needed');
      return signature;
    },
  });
}

export function refusal(json: string | Uint8Array, sent?: Sent): string {
  try {
    decode(json, sent);
  } catch (error) {
    const { code, message } = error as MillraceError;
    return `${code}: ${message}`;
  }
  return 'accepted';
}

export const input = (members: string) => `{"inputs":[{${members}}]}`;
export const X = '{"name":"x","shape":[1],"datatype":"FP32","data":[1]}';

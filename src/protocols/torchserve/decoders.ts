/** What the decoding thread runs for this dialect; see {@link DecodeFunction}. */
import type { InferRequest, Signature } from '../../core/index.js';
import type { Decoded } from '../decoding/jobs.js';
import { type DecodedValue, decodeJson } from './decode-json.js';
import { decodePrompt } from './decode-prompt.js';
import type { Part } from './multipart.js';

export interface JsonJob {
  readonly data: Uint8Array;
  readonly signature: Signature;
}

export interface PromptJob {
  readonly parts: readonly Part[];
}

export function json({ data, signature }: JsonJob): Decoded<DecodedValue> {
  const result = decodeJson(data, signature);
  return { result, tensors: result.inputs };
}

export function prompt({ parts }: PromptJob): Decoded<InferRequest> {
  const result = decodePrompt(parts);
  return { result, tensors: result.inputs };
}

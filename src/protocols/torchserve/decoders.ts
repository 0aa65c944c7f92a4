/** What the decoding thread runs for this dialect; see {@link DecodeFunction}. */
import type { InferRequest, Signature } from '../../core/index.js';
import type { Decoded } from '../shared/decoding/jobs.js';
import { type DecodedValue, decodeJson } from './decode-json.js';
import { decodePrompt } from './decode-prompt.js';
import type { Part } from './multipart.js';
import { readForm } from './read-parts.js';

export interface JsonJob {
  readonly data: Uint8Array;
  readonly signature: Signature;
}

export interface FormJob {
  readonly body: Uint8Array;
  readonly maxParts: number;
}

export interface PromptJob {
  readonly parts: readonly Part[];
}

export function json({ data, signature }: JsonJob): Decoded<DecodedValue> {
  const result = decodeJson(data, signature);
  return { result, tensors: result.inputs };
}

export function form({ body, maxParts }: FormJob): Decoded<readonly Part[]> {
  const result = readForm(body, maxParts);
  return { result, tensors: result };
}

export function prompt({ parts }: PromptJob): Decoded<InferRequest> {
  const result = decodePrompt(parts);
  return { result, tensors: result.inputs };
}

import { findDifference, type Tolerance } from '../harness/compare.js';
import type { HttpClient } from '../harness/http.js';
import { infer } from '../harness/infer.js';
import { isBinaryOnly } from '../harness/tensor.js';
import type { NodeCase } from './cases.js';

/** What became of a test: `not-run` = the protocol or onnxruntime-node has no such type; `not-loaded` = no model to ask. */
export interface Outcome {
  readonly name: string;
  readonly kind: 'passed' | 'not-run' | 'not-loaded' | 'refused' | 'differs';
  /** Empty when it passed. */
  readonly detail: string;
}

/** The tolerances with which ONNX Runtime's own build runs these tests: the larger one is for Fourier transforms. */
const TOLERANCE: Tolerance = { relative: 1e-3, absolute: 1e-5 };
const FOURIER_TOLERANCE: Tolerance = { relative: 1e-3, absolute: 1e-3 };
/** Sums depend in their last bits on where the runtime finds its input in memory. */
const FORMAT_TOLERANCE: Tolerance = { relative: 1e-5, absolute: 1e-6 };

/** Asks in binary and in JSON: both answers must be the golden one, and the same. `refusal` says why there is no model. */
export async function judge(client: HttpClient, test: NodeCase, refusal: string | undefined): Promise<Outcome> {
  const { name, foreignType } = test;
  if (foreignType !== undefined) {
    return refusal === undefined
      ? { name, kind: 'differs', detail: `it loads in spite of its ${foreignType}` }
      : { name, kind: 'not-run', detail: `${foreignType}: ${refusal}` };
  }
  if (refusal !== undefined) return { name, kind: 'not-loaded', detail: refusal };
  const { inputs, outputs: golden } = test.readData();
  const target = { model: name, inputs };
  const binary = await infer(client, target, { input: 'binary', output: 'binary' });
  if ('error' in binary) return { name, kind: 'refused', detail: `${binary.status} ${binary.error}` };
  const difference = findDifference(binary.outputs, golden, toleranceOf(name));
  if (difference !== undefined) return { name, kind: 'differs', detail: difference };
  const output = golden.some(({ datatype }) => isBinaryOnly(datatype)) ? 'binary' : 'json';
  const json = await infer(client, target, { input: 'json', output });
  if ('error' in json) return { name, kind: 'refused', detail: `JSON: ${json.status} ${json.error}` };
  const changed = findDifference(json.outputs, binary.outputs, FORMAT_TOLERANCE);
  return changed === undefined
    ? { name, kind: 'passed', detail: '' }
    : { name, kind: 'differs', detail: `JSON from binary: ${changed}` };
}

function toleranceOf(name: string): Tolerance {
  return /^test_(dft|stft)/.test(name) ? FOURIER_TOLERANCE : TOLERANCE;
}

import { bytesElements, decodeElements, elementCount, type Tensor } from '../core/index.js';
import type { AnswerComparison, OutputComparison } from './compare-answers.js';

/** Of a kept tensor, so many elements are shown, and of a text so many bytes. */
const MAX_ELEMENTS = 64;
const MAX_TEXT_BYTES = 512;
const MAX_TENSORS = 16;

/** A tensor as people read it: its first elements. */
export interface SampledTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  /** Texts, or numbers written as text, since JSON has neither NaN nor whole numbers beyond 2^53. */
  readonly elements: readonly string[];
  /** There are more, or they are longer. */
  readonly isCut: boolean;
}

/** One request whose answers differ. */
export interface Sample {
  readonly requestId: string;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** How much they differ, between 0 and 1. */
  readonly severity: number;
  readonly outputs: readonly string[];
  readonly inputs: readonly SampledTensor[];
  readonly primary: readonly SampledTensor[];
  readonly shadow: readonly SampledTensor[];
}

/** How much two answers differ, between 0 and 1: the most of any output. */
export function severityOf({ outputs }: AnswerComparison): number {
  return Math.max(0, ...outputs.map((output) => (output.agrees ? 0 : outputSeverity(output))));
}

function outputSeverity(output: OutputComparison): number {
  switch (output.kind) {
    case 'mismatch':
      return 1;
    case 'texts':
      return share(output.elements - output.normalised, output.elements);
    case 'numbers': {
      const { classes } = output;
      if (classes === undefined) return share(output.differing, output.elements);
      return (share(classes.flips, classes.rows) + share(classes.totalVariation, classes.distributions)) / 2;
    }
    default:
      return output satisfies never;
  }
}

/** Adds a sample where it is among the `most` worst. */
export function keepWorst(samples: readonly Sample[], sample: Sample, most: number): readonly Sample[] {
  return [...samples, sample].sort((a, b) => b.severity - a.severity).slice(0, most);
}

/** Copies what is kept of tensors, so that nothing else of them is held. */
export function sampleTensors(tensors: readonly Tensor[]): readonly SampledTensor[] {
  return tensors.slice(0, MAX_TENSORS).map((tensor) => {
    const { name, datatype, shape, data } = tensor;
    const isCut = elementCount(shape) > MAX_ELEMENTS;
    if (datatype !== 'BYTES') return { name, datatype, shape, elements: sampleNumbers(tensor), isCut };
    const first = bytesElements(data).slice(0, MAX_ELEMENTS);
    return { name, datatype, shape, elements: first.map(sampleText), isCut: isCut || first.some(isLong) };
  });
}

function isLong(text: Uint8Array): boolean {
  return text.length > MAX_TEXT_BYTES;
}

function sampleText(text: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  // As a part of a stream, a character that is cut is left out.
  return isLong(text) ? `${decoder.decode(text.subarray(0, MAX_TEXT_BYTES), { stream: true })}…` : decoder.decode(text);
}

function sampleNumbers(tensor: Tensor): readonly string[] {
  const elements = elementCount(tensor.shape);
  const sizeBytes = elements === 0 ? 0 : (tensor.data.length / elements) * Math.min(elements, MAX_ELEMENTS);
  const first = decodeElements({ ...tensor, data: tensor.data.subarray(0, sizeBytes) });
  return Array.from(first as ArrayLike<number | bigint>, (value) => {
    if (Object.is(value, -0)) return '-0';
    return typeof value === 'number' && tensor.datatype !== 'FP64' ? shortest(value) : String(value);
  });
}

/** What is told of a number of single or half precision: seven digits. */
function shortest(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : String(Number(value.toPrecision(7)));
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

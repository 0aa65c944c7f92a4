import type {
  ComparedClasses,
  ComparedNumbers,
  ComparedOutput,
  ComparedTexts,
  Encoded,
  SampledTensor,
  ShadowLatency,
  ShadowPair,
  ShadowReport,
  ShadowSample,
} from '../api/index.js';
import type {
  ClassesReport,
  SampledTensor as KeptTensor,
  ShadowReport as KnownReport,
  NumbersReport,
  OutputReport,
  PairReport,
  Sample,
} from '../shadows/index.js';
import { timeOf } from '../text/index.js';
import { asItIs } from './as-it-is.js';

/** A report as JSON has it. */
export function encodeShadow({ sinceMs, pairs, ...report }: KnownReport): Encoded<ShadowReport> {
  const { route, shadow, share, copied, pending, dropped } = report;
  return { route, shadow, share, since_at: timeOf(sinceMs), copied, pending, dropped, pairs: pairs.map(encodePair) };
}

function encodePair({ primary, shadow, sinceMs, failures, ...pair }: PairReport): Encoded<ShadowPair> {
  const { requests, compared, agreement, errors, computeMs, outputs, samples } = pair;
  return {
    primary,
    shadow,
    since_at: timeOf(sinceMs),
    requests,
    compared,
    agreement,
    failures: { both: failures.both, only_primary: failures.onlyPrimary, only_shadow: failures.onlyShadow },
    errors,
    compute_ms: asItIs<ShadowLatency>()(computeMs),
    outputs: outputs.map(encodeOutput),
    samples: samples.map(encodeSample),
  };
}

function encodeOutput({ lastMismatch, numbers, classes, texts, ...output }: OutputReport): Encoded<ComparedOutput> {
  const { name, compared, agreement, mismatches } = output;
  return {
    name,
    compared,
    agreement,
    mismatches,
    last_mismatch: lastMismatch,
    numbers: numbers && encodeNumbers(numbers),
    classes: classes && encodeClasses(classes),
    texts: texts && asItIs<ComparedTexts>()(texts),
  };
}

function encodeNumbers({
  nonFinite,
  maxDifference,
  meanDifference,
  ...numbers
}: NumbersReport): Encoded<ComparedNumbers> {
  const { elements, differing, buckets } = numbers;
  return {
    elements,
    differing,
    non_finite: nonFinite,
    max_difference: maxDifference,
    mean_difference: meanDifference,
    buckets,
  };
}

function encodeClasses({
  rows,
  flips,
  totalVariation,
  jensenShannon,
  buckets,
}: ClassesReport): Encoded<ComparedClasses> {
  return { rows, flips, total_variation: totalVariation, jensen_shannon: jensenShannon, buckets };
}

function encodeSample({ requestId, atMs, severity, outputs, ...tensors }: Sample): Encoded<ShadowSample> {
  const { inputs, primary, shadow } = tensors;
  return {
    request_id: requestId,
    at: timeOf(atMs),
    severity,
    outputs,
    inputs: inputs.map(encodeTensor),
    primary: primary.map(encodeTensor),
    shadow: shadow.map(encodeTensor),
  };
}

function encodeTensor({ name, datatype, shape, elements, isCut }: KeptTensor): Encoded<SampledTensor> {
  return { name, datatype, shape, elements, is_cut: isCut };
}

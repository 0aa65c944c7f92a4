import { ANY, type PathStep, parsePayloadPath } from './payload-path.js';
import type { LoggedTensor, PayloadRecord } from './record.js';

/** What a record has in place of a value that was left out. */
export const REDACTED = '[redacted]';

/** Leaves out of a record what the paths name. Where the text of a tensor should be JSON and is not, all of it is left out. */
export function createRedaction(paths: readonly string[]): (record: PayloadRecord) => PayloadRecord {
  const parsed = paths.map(parsePayloadPath);
  if (parsed.length === 0) return (record) => record;
  return (record) => parsed.reduce(redactPath, record);
}

function redactPath(record: PayloadRecord, [root, name, ...rest]: readonly PathStep[]): PayloadRecord {
  if (root === 'inputs' || root === 'outputs') {
    const tensors = record[root];
    if (tensors === undefined) return record;
    const change = (tensor: LoggedTensor) =>
      name === ANY || name === tensor.name ? redactTensor(tensor, rest) : tensor;
    return { ...record, [root]: tensors.map(change) };
  }
  const member = root as 'parameters' | 'generation';
  const values = record[member];
  return values === undefined ? record : { ...record, [member]: redactIn(values, [name ?? ANY, ...rest]) };
}

function redactTensor(tensor: LoggedTensor, rest: readonly PathStep[]): LoggedTensor {
  const { name, datatype, shape, data } = tensor;
  if (rest.length === 0) return { name, datatype, shape, redacted: true };
  // Of numbers, and where there are no values, there is nothing inside.
  if (data === undefined || datatype !== 'BYTES') return tensor;
  return { ...tensor, data: data.map((element) => redactText(element, rest)), redacted: true };
}

function redactText(text: unknown, rest: readonly PathStep[]): string {
  try {
    const value: unknown = JSON.parse(String(text));
    if (typeof value === 'object' && value !== null) return JSON.stringify(redactIn(value, rest));
  } catch {
    // It is no JSON.
  }
  return REDACTED;
}

function redactIn(value: unknown, [step, ...rest]: readonly PathStep[]): unknown {
  if (step === undefined) return REDACTED;
  if (Array.isArray(value)) {
    return value.map((each, index) => (step === ANY || step === String(index) ? redactIn(each, rest) : each));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, step === ANY || step === name ? redactIn(each, rest) : each]),
  );
}

import {
  createRedaction,
  type LoggedTensor,
  logTensor,
  type PayloadRecord,
  type PayloadRule,
} from '../../payloads/index.js';
import type { CapturedTensor, ReceivedRecord } from './messages.js';

/** Writes captured records as lines of the log, as their rules say. */
export function createLineWriter(rules: readonly PayloadRule[]) {
  const redactions = rules.map(({ redact }) => createRedaction(redact));
  return ({ rule, atMs, inputs, outputs, ...head }: ReceivedRecord, chunks: readonly Uint8Array[]): string => {
    const form = rules[rule]?.tensors ?? 'summary';
    const logged = (tensors: readonly CapturedTensor[]) => tensors.map((tensor) => loggedTensor(tensor, chunks, form));
    const record: PayloadRecord = {
      format: 1,
      at: new Date(atMs).toISOString(),
      ...head,
      inputs: logged(inputs),
      ...(outputs && { outputs: logged(outputs) }),
    };
    return `${JSON.stringify(redactions[rule]?.(record) ?? { ...record, inputs: [], outputs: [] })}\n`;
  };
}

function loggedTensor(
  { at: [chunk, offset, length], ...tensor }: CapturedTensor,
  chunks: readonly Uint8Array[],
  form: PayloadRule['tensors'],
): LoggedTensor {
  const bytes = chunks[chunk];
  if (bytes === undefined) return { ...tensor, truncated: true };
  return logTensor({ ...tensor, data: bytes.subarray(offset, offset + length) }, form);
}

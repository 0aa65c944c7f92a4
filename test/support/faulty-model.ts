import type { Signature } from '../../src/core/index.js';
import type { BatchItem, Instance } from '../../src/runtimes/index.js';
import { batchItem, fp32 } from './tensors.js';
import { loadSpec, runBatch } from './test-host.js';

/** A tensor of rows. */
export const rowsOf = (name: string, shape: readonly number[]) =>
  ({ name, datatype: 'FP32', shape, batchAxis: 0, optional: false }) as const;

/** Rows of four numbers in and out. */
export const DECLARED: Signature = { inputs: [rowsOf('x', [-1, 4])], outputs: [rowsOf('y', [-1, 4])] };

/** Answers what it gets, and misbehaves where a request says so. */
export const FAULTY = loadSpec({ runtime: 'echo', declared: DECLARED, options: { faults: true } });

/** One row for it. */
export function faultyItem(callId: number, fault?: string): BatchItem {
  const parameters = fault === undefined ? {} : { fault };
  return batchItem(callId, [fp32('x', [1, 4], [callId, 2, 3, 4])], { parameters });
}

/** The error with which a batch of one item ends. */
export function failureOf(instance: Instance, fault: string): Promise<unknown> {
  return runBatch(instance, [faultyItem(1, fault)]).then(
    () => undefined,
    (error: unknown) => error,
  );
}

import { systemClock } from '../../src/core/index.js';
import type { AnyModelDefinition } from '../../src/model/index.js';
import type { BatchItem, CallModel, Emission, LoadedModel, LoadSpec } from '../../src/runtimes/index.js';
import { createScriptModel } from '../../src/runtimes/script/index.js';
import { batchItem, fp32, numbersOf } from './tensors.js';
import { loadSpec, runBatch } from './test-host.js';

/** A script's model without a process, and what it has logged. */
export interface Loaded {
  readonly model: LoadedModel;
  readonly log: string[];
}

/** Loads a definition as a runner does. */
export async function load(definition: unknown, spec: Partial<LoadSpec> = {}, callModel?: CallModel): Promise<Loaded> {
  const log: string[] = [];
  const model = await createScriptModel(
    // Definitions of any tensors: the types of a few are for the test of the types.
    definition as AnyModelDefinition,
    loadSpec({ runtime: 'script', path: '/models/m/1/model.ts', ...spec }),
    {
      clock: systemClock,
      isolated: true,
      report: (level, message) => log.push(`${level}: ${message}`),
      callModel:
        callModel ??
        (() => {
          throw new Error('nobody is called here');
        }),
    },
  );
  return { model, log };
}

/** An item with one row of `x`. */
export const item = (callId: number, values: readonly number[], parameters = {}) =>
  batchItem(callId, [fp32('x', [1, values.length], values)], { parameters });

/** What is expected of an emission: the numbers of `y`, or the error. */
export const outcome = ({ callId, outputs, parameters, error, final }: Emission) => ({
  callId,
  ...(error === undefined ? { y: numbersOf(outputs[0]) } : { error: `${error.code}: ${error.message}` }),
  ...(parameters === undefined ? {} : { parameters }),
  ...(final ? {} : { final }),
});

/** Runs items as one batch. */
export const run = async (model: LoadedModel, ...items: BatchItem[]) =>
  (await runBatch(model, items)).emissions.map(outcome);

/** Tensors of models that batch. */
export const ROWS = { inputs: { x: 'FP32[-1,2]' }, outputs: { y: 'FP32[-1,2]' }, maxBatchSize: 8 } as const;

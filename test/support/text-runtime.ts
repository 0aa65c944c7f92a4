import { expect } from 'vitest';
import { type Parameters, systemClock, type Tensor, typedView } from '../../src/core/index.js';
import { type PoolingInput, tensorsOfPoolingInput } from '../../src/pooling/index.js';
import type { BatchItem } from '../../src/runtimes/batch.js';
import type { LoadedModel } from '../../src/runtimes/contract.js';
import type { PreparedRequest, Preparer } from '../../src/runtimes/preparer.js';
import { createRuntime } from '../../src/runtimes/text/index.js';
import { createTempFolder, type FolderContents, type TempFolder } from './model-folder.js';
import { batchItem } from './tensors.js';
import { loadSpec, noOtherModels, runBatch } from './test-host.js';
import { DIMENSIONS } from './text-model.js';

const runtime = createRuntime({
  clock: systemClock,
  isolated: true,
  report: () => undefined,
  callModel: noOtherModels,
});
/** UTF-8 of a text. */
export const bytes = (text: string) => Buffer.from(text);
export const texts = (...all: readonly string[]): PoolingInput => ({ kind: 'texts', texts: all.map(bytes) });

const folders: TempFolder[] = [];

/** Removes the files of the models of a test. */
export async function removeTextModels(): Promise<void> {
  for (const folder of folders.splice(0)) await folder[Symbol.asyncDispose]();
}

/** A model of the runtime `text`, and its preparer, without processes of their own. */
export interface LoadedText {
  readonly model: LoadedModel;
  readonly preparer: Preparer;
}

/** Loads files; {@link removeTextModels} removes them. */
export async function loadFiles(files: FolderContents, options: Record<string, unknown> = {}): Promise<LoadedText> {
  const folder = await createTempFolder(files);
  folders.push(folder);
  const path = `${folder.path}/tokenizer.json`;
  const spec = loadSpec({ runtime: 'text', path, options, maxBatchSize: undefined });
  const preparer = (await runtime.loadPreparer?.(spec)) as Preparer;
  return { model: await runtime.load(spec), preparer };
}

/** A request as a preparer gets it. */
export const itemOf = (input: PoolingInput, parameters: Parameters): BatchItem => ({
  ...batchItem(1, [...tensorsOfPoolingInput(input)]),
  rows: 1,
  parameters,
});

/** What the preparer makes of each row. */
export const prepare = async ({ preparer }: LoadedText, input: PoolingInput, parameters: Parameters = {}) =>
  (await preparer.prepare(itemOf(input, parameters))) as readonly PreparedRequest[];

/** The outputs of each row, all in one batch. */
export async function run(
  loaded: LoadedText,
  input: PoolingInput,
  parameters: Parameters = {},
): Promise<readonly (readonly Tensor[])[]> {
  const prepared = await prepare(loaded, input, parameters);
  const items = prepared.map(({ value }, index) => ({
    callId: index,
    inputs: [],
    rows: 1,
    parameters: {},
    prepared: value,
  }));
  const { emissions } = await runBatch(loaded.model, items);
  return emissions.map(({ outputs }) => outputs);
}

/** The numbers of a tensor. */
export const floats = (tensor: Tensor | undefined) => {
  if (tensor === undefined) throw new Error('there is no output');
  return [...(typedView('FP32', tensor.data.slice()) as Float32Array)];
};
export const closeTo = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 5) as number);
/** Of each element. */
export const mean = (vectors: readonly (readonly number[])[]) =>
  Array.from(
    { length: DIMENSIONS },
    (_, index) => vectors.reduce((sum, vector) => sum + (vector[index] as number), 0) / vectors.length,
  );
/** Scaled to length 1. */
export const unit = (vector: readonly number[]) => vector.map((value) => value / Math.hypot(...vector));

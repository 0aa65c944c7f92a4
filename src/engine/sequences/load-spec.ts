import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ModelSource, ResolvedSequenceBatching } from '../../repository/index.js';
import type { ControlInput, SequenceSpec, StateTensor } from '../../runtimes/index.js';

/** What the runner needs to know of a model's controls and states; undefined when it has none. Reads their files. */
export async function loadSequenceSpec(
  source: ModelSource,
  config: ResolvedSequenceBatching | undefined,
): Promise<SequenceSpec | undefined> {
  if (config === undefined || config.controls.length + config.states.length === 0) return undefined;
  const controls = config.controls.map(
    ({ name, kind, datatype, falseTrue }): ControlInput => ({
      name,
      kind: kind === 'correlationId' ? 'correlation_id' : kind,
      datatype,
      falseTrue: [falseTrue[0], falseTrue[1]],
    }),
  );
  const states = config.states.map(
    async ({ input, output, datatype, shape, batchAxis, initial }): Promise<StateTensor> => ({
      inputName: input,
      outputName: output,
      shown: source.config.outputs?.some(({ name }) => name === output) ?? false,
      datatype,
      shape,
      batchAxis: source.config.maxBatchSize === 0 ? null : (batchAxis ?? 0),
      initial: initial === 'zero' ? undefined : await readFile(resolve(source.modelFolder, initial.file), 'base64'),
    }),
  );
  return { controls, states: await Promise.all(states) };
}

import { rename } from 'node:fs/promises';
import path from 'node:path';
import type { FolderContents, TempFolder } from '../../support/model-folder.js';

/** Answers a request `times` times, each with its input and the number of the answer. */
export const COUNTING = 'counting';
/** Answers each request of a sequence with the sum of what came so far. */
export const SUMMING = 'summing';

const CONFIGS: Readonly<Record<string, string>> = {
  [COUNTING]: 'mode: repeat',
  [SUMMING]: 'mode: accumulate',
};
/** Sequences idle while their clients wait for a processor; none may be over by that. */
const SEQUENCES = 'sequenceBatching: { maxIdleMs: 20000 }\n';

/** The configuration of one of them; every delay is another configuration, and so another generation. */
function configOf(name: string, delayMs: number): string {
  return `runtime: echo
echo: { ${CONFIGS[name]}, delayMs: ${delayMs} }
maxBatchSize: 8
inputs: [{ name: x, datatype: FP32, shape: [-1, 1] }]
outputs: [{ name: y, datatype: FP32, shape: [-1, 1] }]
${name === SUMMING ? SEQUENCES : ''}`;
}

/** Both models as they are at the start. */
export function statefulModels(): FolderContents {
  return Object.assign(
    {},
    ...[COUNTING, SUMMING].map((name) => ({ [`${name}/model.yaml`]: configOf(name, 2), [`${name}/1/`]: '' })),
  );
}

/** Replaces the configuration of one of them in one move. */
export async function writeConfig(folder: TempFolder, name: string, delayMs: number): Promise<void> {
  const fresh = `.incoming/${name}.yaml`;
  await folder.write({ [fresh]: configOf(name, delayMs) });
  await rename(path.join(folder.path, fresh), path.join(folder.path, name, 'model.yaml'));
}

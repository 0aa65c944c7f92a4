import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { emptyFolder } from '../harness/paths.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';
import { checkEjections } from './envoy.js';
import { checkSyncs } from './syncs.js';

const SIGNATURE = "inputs: { x: 'FP32[-1,1]' }, outputs: { y: 'FP32[-1,1]' }, pure: true";
const MODELS = {
  double: `export default { ${SIGNATURE}, infer: ({ inputs }) => ({ y: inputs.x.data.map((value) => 2 * value) }) };\n`,
  broken: `export default { ${SIGNATURE}, infer() { throw new Error('it never works'); } };\n`,
};

/** What the system and a gateway see of jobs: syncs before each 202, and no failure of the server behind a failure of a job. */
export async function run(): Promise<number> {
  const tally = new Tally();
  const folder = emptyFolder('jobs');
  for (const [name, script] of Object.entries(MODELS)) {
    mkdirSync(path.join(folder, 'models', name, '1'), { recursive: true });
    writeFileSync(path.join(folder, 'models', name, 'model.yaml'), 'maxBatchSize: 8\n');
    writeFileSync(path.join(folder, 'models', name, '1/model.js'), script);
  }
  const config = path.join(folder, 'millrace.yaml');
  const store = { path: path.join(folder, 'store.db') };
  writeFileSync(config, JSON.stringify({ store, jobs: { maxAttempts: 1 } }));
  const server = await startServer([path.join(folder, 'models'), '--config', config]);
  try {
    await checkSyncs(tally, { server, folder });
    await checkEjections(tally, { server, folder });
  } finally {
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
  return tally.close();
}

import { Tally } from '../harness/tally.js';
import { checkChart } from './chart.js';
import { checkKserve } from './kserve.js';
import { installTools } from './tools.js';

/** What is deployed on Kubernetes, as far as it can be judged without a cluster. */
export async function run(): Promise<number> {
  const tally = new Tally();
  const tools = installTools();
  checkChart(tally, tools);
  await checkKserve(tally, tools);
  return tally.close();
}

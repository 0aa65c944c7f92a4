import { Tally } from '../harness/tally.js';
import { checkChart } from './chart.js';
import { checkGatewayApi } from './gateway.js';
import { checkKserve } from './kserve.js';
import { checkSignals } from './signals.js';
import { installTools } from './tools.js';

/** What is deployed on Kubernetes, as far as it can be judged without a cluster. */
export async function run(): Promise<number> {
  const tally = new Tally();
  const tools = installTools();
  checkChart(tally, tools);
  await checkKserve(tally, tools);
  await checkGatewayApi(tally, tools);
  await checkSignals(tally, tools);
  return tally.close();
}

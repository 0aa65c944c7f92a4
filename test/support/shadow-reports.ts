import type { ShadowReport } from '../../src/shadows/index.js';
import type { AppServer } from './app-server.js';
import { control } from './control-fixture.js';
import { until } from './until.js';

/** What is known of the shadow of a route, as the server's API tells it. */
export async function shadowReport(server: Pick<AppServer, 'send'>, route: string) {
  const { status, body } = await control(server, `GET routes/${route}/shadow`);
  if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return body;
}

/** The same once so many requests of the route were copied or dropped, and nothing is pending. */
export async function settledReport(server: Pick<AppServer, 'send'>, route: string, requests: number) {
  let report = await shadowReport(server, route);
  await until(`${requests} copies for ${route} have ended`, async () => {
    report = await shadowReport(server, route);
    const dropped = Object.values<number>(report.dropped).reduce((sum, count) => sum + count, 0);
    const ended = (report.pairs as ShadowReport['pairs']).reduce((sum, pair) => sum + pair.requests, 0);
    return report.pending === 0 && dropped + ended === requests;
  });
  return report;
}

/** Sends numbers `x` one after the other to a route; each has to be answered. */
export async function sendNumbers(server: Pick<AppServer, 'infer'>, route: string, values: readonly number[]) {
  for (const value of values) {
    const input = { name: 'x', datatype: 'FP32', shape: [1, 1], data: [value] };
    const { status, body } = await server.infer(route, { inputs: [input] });
    if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`);
  }
}

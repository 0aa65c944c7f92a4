import path from 'node:path';
import { expect, it } from 'vitest';
import type { PartialSettings } from '../../src/config/index.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { run } from '../support/cli-fixture.js';
import { createTempFolder } from '../support/model-folder.js';
import { SHADOWED_MODELS, shadowed } from '../support/shadow-models.js';
import { sendNumbers, settledReport } from '../support/shadow-reports.js';
import { until } from '../support/until.js';

const REQUESTS = 200;
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const isOf =
  (...models: readonly string[]) =>
  ([name]: readonly [string, string]) =>
    models.some((model) => name.startsWith(`${model}/`));
const MODELS = Object.fromEntries(
  Object.entries<string>(SHADOWED_MODELS as Readonly<Record<string, string>>).filter(isOf('drifting', 'failing')),
);

/** What is the same in both: times are not, and sums are of the same numbers in another order. */
function comparable(report: Readonly<Record<string, unknown>>) {
  const { copied, dropped, pairs } = JSON.parse(JSON.stringify(report), (_, value) =>
    typeof value === 'number' ? Number(value.toPrecision(9)) : value,
  );
  const without = ({
    since_at: _,
    compute_ms: computeMs,
    ...pair
  }: Readonly<Record<string, { requests: number }>>) => ({
    ...pair,
    computed: computeMs?.requests,
  });
  return { copied, dropped, pairs: pairs.map(without) };
}

it('a replay of recorded requests reports what the shadow of the same requests has reported', async () => {
  await using folder = await createTempFolder();
  const place = path.join(folder.path, 'payloads');
  const settings = {
    repository: { controlMode: 'explicit', loadModels: ['*'] },
    routes: { drifting: shadowed('drifting'), failing: shadowed('failing') },
    payloadLog: { folder: place, rules: [{ names: ['drifting', 'failing'] }] },
  };
  await using server = await startAppServer(MODELS, settings as unknown as PartialSettings);
  const url = server.addresses.http.url;
  const replay = (...words: string[]) => run(['replay', place, '--url', url, '--compare', ...words]);

  await sendNumbers(server, 'drifting', upTo(REQUESTS));
  const shadow = await settledReport(server, 'drifting', REQUESTS);
  await flushed(server, REQUESTS);
  const replayed = JSON.parse((await replay('--to', 'drifting/2', '--json')).out);
  expect(replayed).toMatchObject({ route: place, shadow: 'drifting/2', copied: REQUESTS, dropped: {} });
  expect(comparable(replayed)).toEqual(comparable(shadow));
  expect(replayed.pairs[0].outputs[0].numbers.differing.value).toBe(0.2);

  const text = (await replay('--to', 'drifting@next', '--samples', '2')).out;
  expect(text).toContain(`drifting/1 → drifting/2: ${REQUESTS} requests`);
  expect(text).toContain('disagreement 2: request');
  expect((await run(['replay', place, '--url', url, '--to', 'drifting/2'])).out).toMatch(/^\d+ requests replayed\n$/);
  expect((await replay('--to', 'drifting/9')).err).toContain("unknown model: 'drifting' version 9 is not found");
  expect((await run(['replay', '--url', url, '--to', 'drifting/2'])).err).toContain(
    'expected either a log or --of <name>',
  );
});

/** Resolves when so many records are on the disk. */
async function flushed({ addresses }: AppServer, count: number) {
  await until(`${count} records are written`, async () => {
    const text = await (await fetch(`${addresses.metrics?.url}/metrics`)).text();
    return text.includes(`millrace_payload_log_records_total{outcome="written"} ${count}\n`);
  });
}

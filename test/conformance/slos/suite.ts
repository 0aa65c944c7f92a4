import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { becomes } from '../harness/becomes.js';
import { unpackDebian } from '../harness/debian.js';
import { HttpClient } from '../harness/http.js';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { Prometheus } from '../harness/prometheus.js';
import { type ConformanceServer, startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';
import { Alertmanager } from './alertmanager.js';

/** An hour is ten seconds. */
const SCALE = 360;
const SETTINGS = `slos:
  fraud: { model: fraud, objective: 0.99 }
  fraud-latency: { model: fraud, objective: 0.95, latencyMs: 10000, windowDays: 7 }
  live: { route: live, objective: 0.5, windowDays: 90 }
`;
const MODEL = `runtime: echo
inputs: [{ name: x, datatype: INT32, shape: [1] }]
outputs: [{ name: x, datatype: INT32, shape: [1] }]
instances: { placement: inline }
echo: { faults: true }
`;
/** Each quarter of a second. */
const REQUESTS = 10;
/** Over an hour. */
const RATIO = 'millrace_slo:bad_ratio:rate10s{slo="fraud"}';
const FAST = 'MillraceErrorBudgetBurnsFast page fraud';

/** Generated rules pass their own tests in promtool; in a real Prometheus and Alertmanager an outage raises the alerts, which end with it. */
export async function run(): Promise<number> {
  const tally = new Tally();
  const folder = emptyFolder('slos');
  const settings = path.join(folder, 'millrace.yaml');
  writeFileSync(settings, SETTINGS);
  for (const scale of [1, SCALE]) testRules(tally, generate(settings, path.join(folder, `rules-${scale}`), scale));
  const repository = path.join(folder, 'models');
  mkdirSync(path.join(repository, 'fraud/1'), { recursive: true });
  writeFileSync(path.join(repository, 'fraud/model.yaml'), MODEL);
  const server = await startServer([repository, '--config', settings]);
  try {
    await raiseAlerts(tally, server, folder);
  } finally {
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
  return tally.close();
}

/** Writes the rules as a user does; returns the folder. */
function generate(settings: string, output: string, scale: number): string {
  const args = ['slo', 'generate', '--config', settings, '--output', output, '--scale', String(scale)];
  const { status, stderr } = spawnSync(process.execPath, [inRoot('dist/cli/main.js'), ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return output;
}

function testRules(tally: Tally, folder: string): void {
  const promtool = path.join(unpackDebian(['prometheus']), 'usr/bin/promtool');
  const files = readdirSync(folder);
  const tests = files.filter((name) => name.endsWith('.tests.yaml'));
  tally.check(tests.length === 3, `the tests are ${tests}`);
  const rules = files.filter((name) => name.endsWith('.rules.yaml'));
  for (const args of [['check', 'rules', ...rules], ...tests.map((name) => ['test', 'rules', name])]) {
    const { status, stdout, stderr } = spawnSync(promtool, args, { cwd: folder, encoding: 'utf8' });
    tally.check(status === 0, `promtool ${args.join(' ')}: ${stdout}${stderr}`);
  }
}

async function raiseAlerts(tally: Tally, server: ConformanceServer, folder: string): Promise<void> {
  await using alertmanager = await Alertmanager.start(path.join(folder, 'alertmanager'));
  const { host } = new URL(server.metricsUrl);
  await using prometheus = await Prometheus.start(
    path.join(folder, 'prometheus'),
    { static_configs: [{ targets: [host] }] },
    {
      global: { scrape_interval: '200ms', evaluation_interval: '200ms' },
      rule_files: [path.join(folder, `rules-${SCALE}`, '*.rules.yaml')],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager.address] }] }] },
    },
  );
  const client = new HttpClient(server.url);
  let fails = false;
  const ask = async () => {
    const parameters = fails ? { fault: 'raise' } : {};
    const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }], parameters });
    for (let request = 0; request < REQUESTS; request++) await client.send({ path: '/v2/models/fraud/infer', body });
  };
  const whileAsking = (isSo: () => boolean | Promise<boolean>) => becomes(() => ask().then(isSo));
  const isNotified = (line: string) => whileAsking(() => alertmanager.notified.includes(line));
  try {
    const isMeasured = await whileAsking(async () => (await prometheus.values(RATIO)).includes(0));
    tally.check(isMeasured, 'Prometheus does not record that no request is bad');
    tally.check(alertmanager.notified.length === 0, `without an outage: ${alertmanager.notified}`);
    fails = true;
    tally.check(await isNotified(`${FAST}: firing`), `an outage does not page: ${alertmanager.notified}`);
    fails = false;
    tally.check(
      await isNotified(`${FAST}: resolved`),
      `the end of the outage is not notified: ${alertmanager.notified}`,
    );
    const others = alertmanager.notified.filter((line) => !line.includes(' fraud: '));
    tally.check(others.length === 0, `alerts of other SLOs: ${others}`);
  } finally {
    client.close();
  }
}

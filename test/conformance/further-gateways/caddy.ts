import path from 'node:path';
import { type GatewayKind, placeConfiguration } from '../gateways/gateway.js';
import { installPython } from '../harness/python.js';

/** Caddy of PyPI. */
export const CADDY: GatewayKind = {
  name: 'caddy',
  retriesRefusals: false,
  withoutCertificate: undefined,
  serverSettings: { listenWhenReady: true },
  prepare(placement) {
    const { folder, upstreams, tls, httpsPort, grpcPort } = placement;
    const [first, second] = upstreams;
    const file = placeConfiguration(placement, 'Caddyfile', {
      '/etc/caddy/tls': tls,
      'admin off': 'admin off\n\tdefault_bind 127.0.0.1',
      'https://:443': `https://:${httpsPort}`,
      'https://:8443': `https://:${grpcPort}`,
      '10.0.0.11:8000': `127.0.0.1:${first.httpPort}`,
      '10.0.0.12:8000': `127.0.0.1:${second.httpPort}`,
      '10.0.0.11:8001': `127.0.0.1:${first.grpcPort}`,
      '10.0.0.12:8001': `127.0.0.1:${second.grpcPort}`,
    });
    const { interpreter } = installPython('further-gateways/requirements.txt');
    return {
      command: [path.join(path.dirname(interpreter), 'caddy'), 'run', '--config', file, '--adapter', 'caddyfile'],
      env: { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    };
  },
};

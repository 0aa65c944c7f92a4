import path from 'node:path';
import { type GatewayKind, placeConfiguration } from '../gateways/gateway.js';
import { installPython } from '../harness/python.js';

/** Traefik of PyPI. */
export const TRAEFIK: GatewayKind = {
  name: 'traefik',
  retriesRefusals: false,
  withoutCertificate: undefined,
  prepare(placement) {
    const { upstreams, tls, httpsPort, grpcPort } = placement;
    const [first, second] = upstreams;
    const routes = placeConfiguration(placement, 'traefik-dynamic.yaml', {
      '/etc/traefik/tls': tls,
      '10.0.0.11:8000': `127.0.0.1:${first.httpPort}`,
      '10.0.0.12:8000': `127.0.0.1:${second.httpPort}`,
      '10.0.0.11:8001': `127.0.0.1:${first.grpcPort}`,
      '10.0.0.12:8001': `127.0.0.1:${second.grpcPort}`,
    });
    const file = placeConfiguration(placement, 'traefik.yaml', {
      '":443"': `"127.0.0.1:${httpsPort}"`,
      '":8443"': `"127.0.0.1:${grpcPort}"`,
      '/etc/traefik/traefik-dynamic.yaml': routes,
    });
    const { interpreter } = installPython('further-gateways/requirements.txt');
    return { command: [path.join(path.dirname(interpreter), 'traefik'), `--configFile=${file}`] };
  },
};

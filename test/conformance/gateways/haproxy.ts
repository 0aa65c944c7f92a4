import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { unpackDebian } from '../harness/debian.js';
import { type GatewayKind, placeConfiguration } from './gateway.js';

/** HAProxy of Debian, with the libraries that it needs. */
const PACKAGES = ['haproxy', 'liblua5.3-0', 'libopentracing-c-wrapper0', 'libopentracing1'];

export const HAPROXY: GatewayKind = {
  name: 'haproxy',
  retriesRefusals: false,
  withoutCertificate: undefined,
  prepare(placement) {
    const { folder, upstreams, tls, httpsPort, grpcPort } = placement;
    const [first, second] = upstreams;
    const files = ['server.crt', 'server.key'].map((file) => readFileSync(path.join(tls, file)));
    writeFileSync(path.join(folder, 'server.pem'), Buffer.concat(files));
    const file = placeConfiguration(placement, 'haproxy.cfg', {
      'bind :443 ': `bind 127.0.0.1:${httpsPort} `,
      'bind :8443 ': `bind 127.0.0.1:${grpcPort} `,
      '/etc/haproxy/tls/server.pem': path.join(folder, 'server.pem'),
      '/etc/haproxy/tls': tls,
      '10.0.0.11:8001 proto h2 check port 8000': `127.0.0.1:${first.grpcPort} proto h2 check port ${first.httpPort}`,
      '10.0.0.12:8001 proto h2 check port 8000': `127.0.0.1:${second.grpcPort} proto h2 check port ${second.httpPort}`,
      '10.0.0.11:8000': `127.0.0.1:${first.httpPort}`,
      '10.0.0.12:8000': `127.0.0.1:${second.httpPort}`,
    });
    const unpacked = unpackDebian(PACKAGES);
    // One for each architecture: x86_64-linux-gnu.
    const lib = path.join(unpacked, 'usr/lib');
    const libraries = readdirSync(lib).map((name) => path.join(lib, name));
    return {
      command: [path.join(unpacked, 'usr/sbin/haproxy'), '-db', '-f', file],
      env: { LD_LIBRARY_PATH: libraries.join(':') },
    };
  },
};

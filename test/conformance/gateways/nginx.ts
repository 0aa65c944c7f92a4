import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { unpackDebian } from '../harness/debian.js';
import { type GatewayKind, placeConfiguration } from './gateway.js';

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** nginx of Debian. */
export const NGINX: GatewayKind = {
  name: 'nginx',
  retriesRefusals: false,
  withoutCertificate: 400,
  serverSettings: { listenWhenReady: true },
  prepare(placement) {
    const { folder, upstreams, tls, httpsPort, grpcPort } = placement;
    const [first, second] = upstreams;
    const temporary = TEMPORARY.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');
    mkdirSync(folder, { recursive: true });
    const file = placeConfiguration(placement, 'nginx.conf', {
      '\nhttp {': `\nhttp {\n  ${temporary}`,
      '/run/nginx.pid': path.join(folder, 'pid'),
      '/var/log/nginx/error.log': 'stderr',
      '/var/log/nginx/access.log combined': 'off',
      '/etc/nginx/tls': tls,
      'listen 443 ': `listen 127.0.0.1:${httpsPort} `,
      'listen 8443 ': `listen 127.0.0.1:${grpcPort} `,
      '10.0.0.11:8000': `127.0.0.1:${first.httpPort}`,
      '10.0.0.12:8000': `127.0.0.1:${second.httpPort}`,
      '10.0.0.11:8001': `127.0.0.1:${first.grpcPort}`,
      '10.0.0.12:8001': `127.0.0.1:${second.grpcPort}`,
    });
    const program = path.join(unpackDebian(['nginx']), 'usr/sbin/nginx');
    return { command: [program, '-e', 'stderr', '-c', file, '-g', 'daemon off;'] };
  },
};

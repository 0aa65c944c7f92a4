import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { emptyFolder } from '../harness/paths.js';
import { makeAuthority, makeCertificate } from '../harness/pki.js';
import { Tally } from '../harness/tally.js';
import { checkDrain, checkFailedJobs, checkNoRepeat, checkRefusals } from './drain.js';
import { type GatewayKind, startGateway } from './gateway.js';
import { checkAddresses, checkCertificates, checkPrefix, checkRequests } from './requests.js';
import { startUpstreams } from './servers.js';

/** The configurations of deploy/gateways for these gateways, each in front of two servers of its own; gives the exit code. */
export async function checkGateways(kinds: readonly GatewayKind[]): Promise<number> {
  const tally = new Tally();
  for (const kind of kinds) await checkGateway(tally, kind);
  return tally.close();
}

async function checkGateway(tally: Tally, kind: GatewayKind): Promise<void> {
  const folder = emptyFolder('gateways', kind.name);
  const tls = path.join(folder, 'tls');
  makeCertificates(tls);
  const upstreams = await startUpstreams(folder, kind.serverSettings);
  try {
    const setup = { folder: path.join(folder, 'gateway'), upstreams, tls };
    mkdirSync(setup.folder);
    await using gateway = await startGateway(kind, setup);
    const stage = { ...setup, gateway };
    for (const check of [
      checkRequests,
      checkAddresses,
      checkPrefix,
      checkCertificates,
      checkNoRepeat,
      checkFailedJobs,
      checkRefusals,
      checkDrain,
    ]) {
      await check(tally, stage);
    }
  } finally {
    for (const upstream of upstreams) {
      const code = await upstream.stop();
      tally.check(code === 0, `${kind.name}: a server ended with ${code}: ${upstream.lastWords}`);
    }
  }
}

function makeCertificates(folder: string): void {
  mkdirSync(folder);
  for (const authority of ['servers', 'clients-ca', 'strangers']) makeAuthority(folder, authority);
  const altNames = 'IP:127.0.0.1,DNS:models.example.com';
  makeCertificate(folder, { name: 'server', authority: 'servers', altNames });
  makeCertificate(folder, { name: 'client', authority: 'clients-ca', altNames });
  makeCertificate(folder, { name: 'expired', authority: 'clients-ca', altNames, days: -1 });
  makeCertificate(folder, { name: 'stranger', authority: 'strangers', altNames });
}

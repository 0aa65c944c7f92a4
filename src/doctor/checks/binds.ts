import { describeLocalControl, requiresCredential, type Settings } from '../../config/index.js';
import { isLoopback } from '../../core/index.js';
import { type Check, type Diagnosis, setting } from '../diagnosis.js';

/** Who reaches the ports, and what they may do there. */
export const checkBinds: Check = ({ settings, machine }) => {
  const { host } = settings.server;
  return [
    ...(isLoopback(host) ? checkLoopback(settings) : checkPublic(settings)),
    ...checkOrigins(settings),
    ...checkLocalControl(settings, machine.uid),
  ];
};

function checkLocalControl(settings: Settings, uid: number | undefined): readonly Diagnosis[] {
  const what = describeLocalControl(settings, uid);
  if (what === undefined) return [];
  const fix = setting('auth: { required: true }');
  return [{ id: 'local-control-as-root', level: 'warning', what, where: ['auth', 'required'], fix }];
}

function checkPublic(settings: Settings): readonly Diagnosis[] {
  return requiresCredential(settings) ? checkWithCredentials(settings) : checkAnonymous(settings);
}

function checkWithCredentials({ server, repository, auth }: Settings): readonly Diagnosis[] {
  const { host, tls, adminPort } = server;
  return [
    ...(tls.certFile === ''
      ? [
          {
            id: 'no-tls',
            level: 'warning',
            what: `keys and requests cross the network in the clear: ${host} is reachable from other machines, and there is no TLS`,
            where: ['server', 'tls', 'certFile'],
            fix: setting('server: { tls: { certFile: server.crt, keyFile: server.key } }'),
          } as const,
        ]
      : []),
    ...(repository.controlMode === 'explicit' && adminPort < 0
      ? [
          {
            id: 'control-with-requests',
            level: 'note',
            what: 'models are loaded and unloaded on the port that every caller reaches',
            where: ['server', 'adminPort'],
            fix: setting('server: { adminPort: 8003 }'),
          } as const,
        ]
      : []),
    ...(auth.allowAnonymous
      ? [
          {
            id: 'anonymous-without-effect',
            level: 'note',
            what: 'auth.allowAnonymous changes nothing as long as there are keys: every caller needs one',
            where: ['auth', 'allowAnonymous'],
            fix: setting('auth: { allowAnonymous: false }'),
          } as const,
        ]
      : []),
  ];
}

const ADD_KEY = "auth: { keys: [{ name: me, key: '${file:me.key}' }] }";

function checkAnonymous({ server, auth, telemetry }: Settings): readonly Diagnosis[] {
  const { host, metricsPort } = server;
  const mayManage = auth.anonymousScopes.includes('manage');
  const findings: Diagnosis[] = [
    {
      id: 'open-to-everybody',
      level: mayManage ? 'error' : 'warning',
      what: mayManage
        ? `everybody who reaches ${host} may infer and change what is served, without a key`
        : `everybody who reaches ${host} may use the server, without a key`,
      where: ['auth', mayManage ? 'anonymousScopes' : 'allowAnonymous'],
      fix: setting(ADD_KEY),
    },
  ];
  if (telemetry.metrics && metricsPort >= 0 && auth.anonymousScopes.includes('observe')) {
    findings.push({
      id: 'metrics-open',
      level: 'warning',
      what: `metrics on port ${metricsPort} tell everybody who reaches ${host} which models there are and how they are used`,
      where: ['server', 'metricsPort'],
      fix: setting(ADD_KEY),
    });
  }
  return findings;
}

/** As long as there is no key, a page that a browser on this machine shows must not get through. */
function checkLoopback({ server }: Settings): readonly Diagnosis[] {
  if (!server.allowedHosts.includes('*')) return [];
  return [
    {
      id: 'any-host',
      level: 'warning',
      what: 'any name in Host is accepted on loopback: a web page can reach the server by DNS rebinding',
      where: ['server', 'allowedHosts'],
      fix: setting('server: { allowedHosts: [models.example.com] }'),
    },
  ];
}

function checkOrigins(settings: Settings): readonly Diagnosis[] {
  if (!settings.server.cors.origins.includes('*')) return [];
  return [
    {
      id: 'any-origin',
      level: requiresCredential(settings) ? 'note' : 'warning',
      what: 'web pages of any origin may call the server from a browser',
      where: ['server', 'cors', 'origins'],
      fix: setting('server: { cors: { origins: ["https://app.example.com"] } }'),
    },
  ];
}

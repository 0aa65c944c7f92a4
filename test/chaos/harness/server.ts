import { rename } from 'node:fs/promises';
import path from 'node:path';
import { type CliProcess, FREE_PORTS, startCli } from '../../support/cli-process.js';
import { createTempFolder, type TempFolder } from '../../support/model-folder.js';
import { elsewhere, LIST, VOLUME } from './elsewhere.js';
import { as, type KeyHolder } from './keys.js';
import { HANGING, HEALTHY, initialRepository } from './models.js';
import { settingsText } from './settings.js';
import { COUNTING, SUMMING } from './stateful-models.js';
import { TEXT_MODEL } from './text-model.js';
import { COUNTS_TIMERS } from './timers.js';

export type ControlMode = 'explicit' | 'poll';

/** Where servers of one chaos live: what they read, and the store that they share. */
export interface Place extends AsyncDisposable {
  readonly mode: ControlMode;
  /** The repository of the models that are swapped. */
  readonly folder: TempFolder;
  /** Lists and volumes to which accidents happen. */
  readonly elsewhere: TempFolder;
  /** The folder that servers are started in, with their settings. */
  readonly home: TempFolder;
}

/** A server in chaos. */
export interface ChaosServer extends AsyncDisposable {
  readonly cli: CliProcess;
  readonly pid: number;
  readonly http: string;
  readonly grpc: string;
  readonly port: number;
  readonly kservePort: number;
  readonly metricsPort: number;
  /** The server and all its models say that they are ready. */
  isReady(): Promise<boolean>;
  /** With what a look at a model is answered. */
  statusFor(key: { readonly authorization: string }): Promise<number>;
  /** Asks its own API, below `/millrace/v1/`, as the operator; rejects where that is refused. */
  control(line: string, body?: object): Promise<Readonly<Record<string, unknown>>>;
  readMetrics(): Promise<string>;
}

/** Runners while all is well: two of `mlp`, none of inline models, one of each other model. */
export const RUNNERS = 8;
const SETTINGS = 'millrace.json';
const ALL_MODELS = [...[...HEALTHY, HANGING].map(({ name }) => name), COUNTING, SUMMING, TEXT_MODEL];
const CONTROL = {
  explicit: ['--model-control-mode', 'explicit', '--load-model', '*'],
  poll: ['--model-control-mode', 'poll', '--repository-poll-secs', '1'],
};

export async function createPlace(mode: ControlMode): Promise<Place> {
  const folder = await createTempFolder(initialRepository());
  const elsewhereFolder = await createTempFolder(elsewhere());
  const home = await createTempFolder({ [SETTINGS]: settingsText({ guest: false }) });
  return {
    mode,
    folder,
    elsewhere: elsewhereFolder,
    home,
    async [Symbol.asyncDispose]() {
      for (const each of [folder, elsewhereFolder, home]) await each[Symbol.asyncDispose]();
    },
  };
}

/** Replaces the text of the settings in one move. */
export async function writeSettings({ home }: Place, text: string): Promise<void> {
  await home.write({ 'fresh.json': text }, Date.now());
  await rename(path.join(home.path, 'fresh.json'), path.join(home.path, SETTINGS));
}

/** Starts a server there; resolves once its models are served. */
export async function startServer({ mode, folder, elsewhere, home }: Place): Promise<ChaosServer> {
  const repositories = [folder.path, ...[LIST, VOLUME].map((name) => path.join(elsewhere.path, name))];
  const flags = ['--json', '--config', path.join(home.path, SETTINGS), ...FREE_PORTS, ...CONTROL[mode]];
  // Without a terminal, where SIGHUP reloads.
  const options = { cwd: home.path, detached: true, nodeFlags: COUNTS_TIMERS };
  const cli = startCli(['serve', ...repositories, ...flags], options);
  const listening = await cli.nextEvent();
  const [http = '', grpc = '', metrics = ''] = [listening.http, listening.grpc, listening.metrics].map(String);
  const { kserve } = listening.dialects as { readonly kserve: { readonly http: string } };
  await cli.nextEvent();
  const get = (url: string, holder: KeyHolder) => fetch(url, { headers: { ...as(holder), connection: 'close' } });
  return {
    cli,
    http,
    grpc,
    pid: cli.child.pid ?? 0,
    port: portOf(http),
    kservePort: portOf(kserve.http),
    metricsPort: portOf(metrics),
    async isReady() {
      const paths = ['/v2/health/ready', ...ALL_MODELS.map((name) => `/v2/models/${name}/ready`)];
      const answers = await Promise.all(paths.map((each) => get(`${http}${each}`, 'oracle')));
      return answers.every(({ status }) => status === 200);
    },
    async statusFor(key) {
      const headers = { ...key, connection: 'close' };
      const answer = await fetch(`${http}/v2/models/${COUNTING}`, { headers });
      await answer.arrayBuffer();
      return answer.status;
    },
    async control(line, body = {}) {
      const [method = '', route] = line.split(' ');
      const headers = { ...as('ops'), connection: 'close' };
      const answer = await fetch(`${http}/millrace/v1/${route}`, { method, headers, body: JSON.stringify(body) });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${line} gave ${answer.status}: ${text}`);
      return JSON.parse(text);
    },
    readMetrics: () => get(`${metrics}/metrics`, 'ops').then((answer) => answer.text()),
    [Symbol.asyncDispose]: () => cli[Symbol.asyncDispose](),
  };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

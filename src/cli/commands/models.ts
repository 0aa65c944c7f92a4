import type { Command } from 'commander';
import type { MemoryNeed, VersionReport } from '../../api/index.js';
import type { MillraceClient, ModelIndexEntry, ModelStatistics } from '../../client/index.js';
import { connectToApi } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { readText } from '../files.js';
import { formatJson } from '../format/json.js';
import { formatIndex, formatModel, formatStatistics } from '../format/models.js';
import type { Io } from '../io.js';
import { withProgress } from '../progress.js';
import { addCommonFlags, type CommonFlags, connectTo, suggestingModels } from '../server-options.js';
import { registerLabel } from './model-labels.js';

/** `millrace models …`: what a server has, and loading and unloading it. */
export function registerModels(program: Command, context: CommandContext): void {
  const models = program
    .command('models')
    .description("look at a server's models, load, unload and label them")
    .addHelpText(
      'after',
      examples(
        'millrace models list',
        'millrace models show mlp',
        'millrace models load mlp',
        'millrace models label fraud stable=3 canary=4',
      ),
    );
  const { io } = context;
  addCommonFlags(models.command('list').description('every version and its state'))
    .option('--ready', 'only those that answer requests')
    .option('--memory', 'with the memory that each version needs')
    .action(async (flags: CommonFlags & { readonly ready?: true; readonly memory?: true }) => {
      const client = await connectTo(io, flags);
      const index = await client.models(flags.ready === true ? { readyOnly: true } : {});
      const needs = flags.memory === true ? await fetchNeeds(io, flags) : undefined;
      io.stdout.write(flags.json ? formatJson(withNeeds(index, needs)) : formatList(index, needs, context));
    });
  addCommonFlags(models.command('show <model>').description('inputs, outputs and versions of a model'))
    .option('--model-version <version>', 'this version instead of the one that answers')
    .action(async (name: string, flags: CommonFlags & { readonly modelVersion?: string }) => {
      const client = await connectTo(io, flags);
      const model = client.model(name, flags.modelVersion === undefined ? {} : { version: flags.modelVersion });
      const metadata = await suggestingModels(client, name, () => model.metadata());
      const [config, running] = await Promise.all([
        model.config().catch(() => undefined),
        fetchVersions(io, name, flags).catch(() => undefined),
      ]);
      const known = { config, running };
      io.stdout.write(
        flags.json ? formatJson({ ...metadata, ...known }) : formatModel(metadata, known, io.stdout.colors),
      );
    });
  addCommonFlags(models.command('stats [model]').description('counts and times since a model was loaded')).action(
    async (name: string | undefined, flags: CommonFlags) => {
      const client = await connectTo(io, flags);
      const statistics = await fetchStatistics(client, name);
      io.stdout.write(flags.json ? formatJson(statistics) : formatStatistics(statistics, io.stdout));
    },
  );
  registerControl(models, context);
  registerLabel(models, context);
}

/** Loading and unloading: the server must run with `--model-control-mode explicit`. */
function registerControl(models: Command, { io }: CommandContext): void {
  addCommonFlags(models.command('load <model>').description('load or reload a model (servers in explicit mode)'))
    .option('--model-config <file>', 'JSON that replaces the configuration on disk')
    .action(async (name: string, flags: CommonFlags & { readonly modelConfig?: string }) => {
      const client = await connectTo(io, flags);
      const config = flags.modelConfig === undefined ? {} : { config: await readText(io, flags.modelConfig) };
      await withProgress(io, `loading ${name}`, () => suggestingModels(client, name, () => client.load(name, config)));
      io.stdout.write(flags.json ? formatJson({ model: name, loaded: true }) : `loaded ${name}\n`);
    });
  addCommonFlags(models.command('unload <model>').description('unload a model (servers in explicit mode)'))
    .option('--force', 'also where labels of it were declared, on which callers may rely')
    .action(async (name: string, flags: CommonFlags & { readonly force?: true }) => {
      const client = await connectTo(io, flags);
      const options = flags.force === true ? { force: true } : {};
      await suggestingModels(client, name, () => client.unload(name, options));
      io.stdout.write(flags.json ? formatJson({ model: name, loaded: false }) : `unloaded ${name}\n`);
    });
}

/** How the versions of a model run, or the one that the flags name. Rejects where the caller lacks the right. */
async function fetchVersions(
  io: Io,
  model: string,
  { modelVersion, ...flags }: CommonFlags & { readonly modelVersion?: string },
): Promise<readonly VersionReport[]> {
  const api = await connectToApi(io, flags);
  const { body } = await api.ask('GET /models/{model}/versions', { params: { model } });
  return body.versions.filter(({ version }) => modelVersion === undefined || String(version) === modelVersion);
}

/** Needs by model and version, `mlp/1`. */
type Needs = ReadonlyMap<string, MemoryNeed | undefined>;

/** The memory that every version needs, as far as the caller may know it. */
async function fetchNeeds(io: Io, flags: CommonFlags): Promise<Needs> {
  const api = await connectToApi(io, flags);
  const needs = new Map<string, MemoryNeed | undefined>();
  let after: string | undefined;
  do {
    const { body } = await api.ask('GET /models', { query: { limit: PAGE, after } });
    for (const { name, versions } of body.models) {
      for (const { version, memory } of versions) needs.set(`${name}/${version}`, memory);
    }
    after = body.next;
  } while (after !== undefined);
  return needs;
}

/** Models of one request; the server allows no more. */
const PAGE = 1_000;

function withNeeds(index: readonly ModelIndexEntry[], needs: Needs | undefined): readonly ModelIndexEntry[] {
  if (needs === undefined) return index;
  return index.map((entry) => ({ ...entry, memory: needs.get(`${entry.name}/${entry.version}`) }));
}

function formatList(index: readonly ModelIndexEntry[], needs: Needs | undefined, { io }: CommandContext): string {
  return index.length === 0 ? 'no models\n' : formatIndex(index, needs, io.stdout);
}

function fetchStatistics(client: MillraceClient, name: string | undefined): Promise<readonly ModelStatistics[]> {
  if (name === undefined) return client.statistics();
  return suggestingModels(client, name, () => client.model(name).statistics());
}

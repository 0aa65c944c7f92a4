import type { Command } from 'commander';
import type { AppliedRoutes, RouteChange } from '../../api/index.js';
import { connectToApi, type IfMatchFlags, ifMatch } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { EXIT_CODES } from '../exit-code.js';
import { readText } from '../files.js';
import { formatJson } from '../format/json.js';
import { formatChanges } from '../format/route-changes.js';
import { formatHistory, formatRoute, formatRoutes } from '../format/routes.js';
import { readRouteFile } from '../inputs/route-file.js';
import { addCommonFlags, type CommonFlags, parseCount } from '../server-options.js';
import { registerRouteOutcomes } from './route-outcomes.js';

type ChangeFlags = CommonFlags & IfMatchFlags;

/** `millrace routes …`: the names of a server that are called like models. */
export function registerRoutes(program: Command, context: CommandContext): void {
  const routes = program
    .command('routes')
    .description("look at a server's routes, and change them")
    .addHelpText(
      'after',
      examples(
        'millrace routes list',
        'millrace routes diff routes.yaml',
        'millrace routes apply routes.yaml',
        'millrace routes undo fraud-live',
      ),
    );
  registerLooks(routes, context);
  registerApply(routes, context);
  registerChanges(routes, context);
}

function registerLooks(routes: Command, { io }: CommandContext): void {
  addCommonFlags(routes.command('list').description('every route, whose it is, and its arms')).action(
    async (flags: CommonFlags) => {
      const api = await connectToApi(io, flags);
      const { body } = await api.ask('GET /routes', {});
      if (body.problem !== undefined) io.stderr.write(`${io.stderr.colors.yellow('warning:')} ${body.problem}\n`);
      io.stdout.write(flags.json ? formatJson(body.routes) : formatRoutes(body.routes, io.stdout));
    },
  );
  addCommonFlags(routes.command('show <route>').description('one route, as millrace.yaml would declare it')).action(
    async (route: string, flags: CommonFlags) => {
      const api = await connectToApi(io, flags);
      const { body } = await api.ask('GET /routes/{route}', { params: { route } });
      io.stdout.write(flags.json ? formatJson(body) : formatRoute(body, io.stdout.colors));
    },
  );
  addCommonFlags(routes.command('history <route>').description('what a route was, who changed it and when'))
    .option('--limit <count>', 'how many changes', parseCount, 20)
    .action(async (route: string, flags: CommonFlags & { readonly limit: number }) => {
      const api = await connectToApi(io, flags);
      const query = { limit: flags.limit };
      const { body } = await api.ask('GET /routes/{route}/history', { params: { route }, query });
      io.stdout.write(flags.json ? formatJson(body.history) : formatHistory(body, io.stdout));
    });
  registerRouteOutcomes(routes, io);
}

/** `apply` and `diff`: several routes of a file, all or none. */
function registerApply(routes: Command, { io, exitWith }: CommandContext): void {
  const apply = async (file: string, flags: ChangeFlags, isDryRun: boolean): Promise<AppliedRoutes> => {
    const body = { routes: readRouteFile(await readText(io, file), file === '-' ? 'standard input' : file) };
    const api = await connectToApi(io, flags);
    const query = isDryRun ? { dry_run: true } : {};
    const { body: applied } = await api.ask('PUT /routes', { query, body, headers: ifMatch(flags) });
    io.stdout.write(flags.json ? formatJson(applied) : formatChanges(applied.changes, io.stdout.colors));
    return applied;
  };
  addCommonFlags(
    routes.command('apply <file>').description('declare and change the routes of a file (- for standard input)'),
  )
    .option('--dry-run', 'only check, and say what would change')
    .option(
      '--if-match <revision>',
      'only if all that is declared is at this revision (ETag of GET /millrace/v1/routes)',
    )
    .action(async (file: string, flags: ChangeFlags & { readonly dryRun?: true }) => {
      await apply(file, flags, flags.dryRun === true);
    });
  addCommonFlags(routes.command('diff <file>').description('check the routes of a file, and say what would change'))
    .option('--exit-code', 'end with exit code 1 if something would change')
    .action(async (file: string, flags: ChangeFlags & { readonly exitCode?: true }) => {
      const { changes } = await apply(file, flags, true);
      const isDifferent = changes.some(({ change }) => change !== 'unchanged');
      if (flags.exitCode && isDifferent) exitWith(EXIT_CODES.failed.code);
    });
}

function registerChanges(routes: Command, { io }: CommandContext): void {
  const show = (change: RouteChange, { json }: ChangeFlags) =>
    io.stdout.write(json ? formatJson(change) : formatChanges([change], io.stdout.colors));
  addChange(routes.command('delete <route>').description('remove a route')).action(
    async (route: string, flags: ChangeFlags) => {
      const api = await connectToApi(io, flags);
      const { body } = await api.ask('DELETE /routes/{route}', { params: { route }, headers: ifMatch(flags) });
      show(body, flags);
    },
  );
  addChange(routes.command('undo <route>').description('go back to what a route was before its last change')).action(
    async (route: string, flags: ChangeFlags) => {
      const api = await connectToApi(io, flags);
      const { body } = await api.ask('POST /routes/{route}/undo', { params: { route }, headers: ifMatch(flags) });
      show(body, flags);
    },
  );
}

function addChange(command: Command): Command {
  return addCommonFlags(command).option('--if-match <revision>', 'only if the route is at this revision');
}

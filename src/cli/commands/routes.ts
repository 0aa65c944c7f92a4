import type { Command } from 'commander';
import { connectToApi, type IfMatchFlags, ifMatch } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { EXIT_CODES } from '../exit-code.js';
import { readText } from '../files.js';
import { formatJson } from '../format/json.js';
import { formatChanges, type RouteChangeRow } from '../format/route-changes.js';
import { formatHistory, formatRoute, formatRoutes, type RouteHistory, type RouteRow } from '../format/routes.js';
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
      const { body } = await api.ask<RouteListBody>({ method: 'GET', path: '/routes' });
      if (body.problem !== undefined) io.stderr.write(`${io.stderr.colors.yellow('warning:')} ${body.problem}\n`);
      io.stdout.write(flags.json ? formatJson(body.routes) : formatRoutes(body.routes, io.stdout));
    },
  );
  addCommonFlags(routes.command('show <route>').description('one route, as millrace.yaml would declare it')).action(
    async (name: string, flags: CommonFlags) => {
      const api = await connectToApi(io, flags);
      const { body } = await api.ask<RouteRow>({ method: 'GET', path: pathOf(name) });
      io.stdout.write(flags.json ? formatJson(body) : formatRoute(body, io.stdout.colors));
    },
  );
  addCommonFlags(routes.command('history <route>').description('what a route was, who changed it and when'))
    .option('--limit <count>', 'how many changes', parseCount, 20)
    .action(async (name: string, flags: CommonFlags & { readonly limit: number }) => {
      const api = await connectToApi(io, flags);
      const path = `${pathOf(name)}/history?limit=${flags.limit}`;
      const { body } = await api.ask<RouteHistory>({ method: 'GET', path });
      io.stdout.write(flags.json ? formatJson(body.history) : formatHistory(body, io.stdout));
    });
  registerRouteOutcomes(routes, io);
}

interface RouteListBody {
  readonly routes: readonly RouteRow[];
  readonly problem?: string;
}

/** `apply` and `diff`: several routes of a file, all or none. */
function registerApply(routes: Command, { io, exitWith }: CommandContext): void {
  const apply = async (file: string, flags: ChangeFlags, isDryRun: boolean): Promise<Applied> => {
    const body = { routes: readRouteFile(await readText(io, file), file === '-' ? 'standard input' : file) };
    const api = await connectToApi(io, flags);
    const path = isDryRun ? '/routes?dry_run=true' : '/routes';
    const answer = await api.ask<Applied>({ method: 'PUT', path, body, headers: ifMatch(flags) });
    const { changes } = answer.body;
    io.stdout.write(flags.json ? formatJson(answer.body) : formatChanges(changes, io.stdout.colors));
    return answer.body;
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

interface Applied {
  readonly changes: readonly RouteChangeRow[];
}

function registerChanges(routes: Command, { io }: CommandContext): void {
  const change = async (request: { method: 'POST' | 'DELETE'; path: string }, flags: ChangeFlags) => {
    const api = await connectToApi(io, flags);
    const { body } = await api.ask<RouteChangeRow>({ ...request, headers: ifMatch(flags) });
    io.stdout.write(flags.json ? formatJson(body) : formatChanges([body], io.stdout.colors));
  };
  addChange(routes.command('delete <route>').description('remove a route')).action((name: string, flags: ChangeFlags) =>
    change({ method: 'DELETE', path: pathOf(name) }, flags),
  );
  addChange(routes.command('undo <route>').description('go back to what a route was before its last change')).action(
    (name: string, flags: ChangeFlags) => change({ method: 'POST', path: `${pathOf(name)}/undo` }, flags),
  );
}

function pathOf(name: string): string {
  return `/routes/${encodeURIComponent(name)}`;
}

function addChange(command: Command): Command {
  return addCommonFlags(command).option('--if-match <revision>', 'only if the route is at this revision');
}

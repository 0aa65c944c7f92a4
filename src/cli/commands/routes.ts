import type { Command } from 'commander';
import { connectToApi } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import { formatRoute, formatRoutes, type RouteRow } from '../format/routes.js';
import { addServerFlags, type ServerFlags } from '../server-options.js';
import { registerRouteOutcomes } from './route-outcomes.js';

interface CommonFlags extends ServerFlags {
  readonly json?: true;
}

/** `millrace routes …`: the names of a server that are called like models. */
export function registerRoutes(program: Command, { io }: CommandContext): void {
  const routes = program
    .command('routes')
    .description("look at a server's routes")
    .addHelpText('after', examples('millrace routes list', 'millrace routes show fraud-live'));
  addCommon(routes.command('list').description('every route, whose it is, and its arms')).action(
    async (flags: CommonFlags) => {
      const api = await connectToApi(io, flags);
      const { body } = await api.ask<{ readonly routes: readonly RouteRow[] }>({ method: 'GET', path: '/routes' });
      io.stdout.write(flags.json ? formatJson(body.routes) : formatRoutes(body.routes, io.stdout));
    },
  );
  addCommon(routes.command('show <route>').description('one route, as millrace.yaml would declare it')).action(
    async (name: string, flags: CommonFlags) => {
      const api = await connectToApi(io, flags);
      const { body } = await api.ask<RouteRow>({ method: 'GET', path: `/routes/${encodeURIComponent(name)}` });
      io.stdout.write(flags.json ? formatJson(body) : formatRoute(body, io.stdout.colors));
    },
  );
  registerRouteOutcomes(routes, io);
}

function addCommon(command: Command): Command {
  return addServerFlags(command).option('--json', 'print JSON');
}

import type { Command } from 'commander';
import { connectToApi } from '../api.js';
import { formatJson } from '../format/json.js';
import { formatOutcomes, type OutcomesBody } from '../format/outcomes.js';
import type { Io } from '../io.js';
import { addCommonFlags, type CommonFlags } from '../server-options.js';

interface OutcomesFlags extends CommonFlags {
  readonly baseline?: string;
}

/** `millrace routes outcomes`: what became of a route's answers, by arm. */
export function registerRouteOutcomes(routes: Command, io: Io): void {
  addCommonFlags(routes.command('outcomes <route>').description('what became of its answers, by arm'))
    .option('--baseline <arm>', "the arm to compare with (default: the route's first)")
    .action(async (name: string, flags: OutcomesFlags) => {
      const api = await connectToApi(io, flags);
      const query = flags.baseline === undefined ? '' : `?baseline=${encodeURIComponent(flags.baseline)}`;
      const path = `/routes/${encodeURIComponent(name)}/outcomes${query}`;
      const { body } = await api.ask<OutcomesBody>({ method: 'GET', path });
      io.stdout.write(flags.json ? formatJson(body) : formatOutcomes(body, io.stdout));
    });
}

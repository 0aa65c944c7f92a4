import type { Command } from 'commander';
import { connectToApi } from '../api.js';
import { formatJson } from '../format/json.js';
import { formatOutcomes } from '../format/outcomes.js';
import type { Io } from '../io.js';
import { addCommonFlags, type CommonFlags } from '../server-options.js';

interface OutcomesFlags extends CommonFlags {
  readonly baseline?: string;
}

/** `millrace routes outcomes`: what became of a route's answers, by arm. */
export function registerRouteOutcomes(routes: Command, io: Io): void {
  addCommonFlags(routes.command('outcomes <route>').description('what became of its answers, by arm'))
    .option('--baseline <arm>', "the arm to compare with (default: the route's first)")
    .action(async (route: string, flags: OutcomesFlags) => {
      const api = await connectToApi(io, flags);
      const query = { baseline: flags.baseline };
      const { body } = await api.ask('GET /routes/{route}/outcomes', { params: { route }, query });
      io.stdout.write(flags.json ? formatJson(body) : formatOutcomes(body, io.stdout));
    });
}

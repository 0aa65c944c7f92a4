import { type Command, Option } from 'commander';
import { connectToApi } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import { formatUsage, type UsageBody } from '../format/usage.js';
import { readDuration } from '../inputs/duration.js';
import { addCommonFlags, type CommonFlags } from '../server-options.js';

interface UsageFlags extends CommonFlags {
  readonly by: string;
  readonly last?: number;
  readonly from?: string;
  readonly to?: string;
  readonly granularity?: string;
  readonly csv?: true;
}

/** `millrace usage`: who has used what, and what it costs. */
export function registerUsage(program: Command, { io }: CommandContext): void {
  addCommonFlags(program.command('usage').description('tell who has used what, and what it costs'))
    .option('--by <names>', 'what to tell apart: principal, group, model, version, route, arm', 'principal,model')
    .addOption(
      new Option('--last <duration>', 'so long until now: 24h, 30d (default: 24h)')
        .argParser(readDuration('24h or 7d', 1))
        .conflicts(['from', 'to']),
    )
    .option('--from <time>', 'a day or a time with its zone: 2026-01-31, 2026-01-31T12:00:00Z')
    .option('--to <time>', 'as --from (default: now)')
    .addOption(new Option('--granularity <unit>', 'a row for each hour or day').choices(['hour', 'day']))
    .addOption(new Option('--csv', 'print it as CSV').conflicts('json'))
    .addHelpText(
      'after',
      examples('millrace usage --last 7d', 'millrace usage --by group --from 2026-01-01 --granularity day --csv'),
    )
    .action(async (flags: UsageFlags) => {
      const api = await connectToApi(io, flags);
      const path = `/usage?${queryOf(flags, Date.now())}`;
      const headers = { accept: flags.csv ? 'text/csv' : 'application/json' };
      const { body } = await api.ask<UsageBody | string>({ method: 'GET', path, headers });
      if (typeof body === 'string') io.stdout.write(body);
      else io.stdout.write(flags.json ? formatJson(body) : formatUsage(body, io.stdout));
    });
}

function queryOf({ by, last, from, to, granularity }: UsageFlags, nowMs: number): URLSearchParams {
  const since = last === undefined ? from : new Date(nowMs - last).toISOString();
  const given = Object.entries({ by, from: since, to, granularity }).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given as [string, string][]);
}

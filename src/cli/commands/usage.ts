import { type Command, Option } from 'commander';
import type { Encoded, UsageQuery } from '../../api/index.js';
import { connectToApi } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import { formatUsage } from '../format/usage.js';
import { readDuration } from '../inputs/duration.js';
import { addCommonFlags, type CommonFlags } from '../server-options.js';

interface UsageFlags extends CommonFlags {
  readonly by: string;
  readonly last?: number;
  readonly from?: string;
  readonly to?: string;
  readonly granularity?: 'hour' | 'day';
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
      const query = queryOf(flags, Date.now());
      if (flags.csv) {
        io.stdout.write((await api.askText('GET /usage', { query, accept: 'text/csv' })).body);
        return;
      }
      const { body } = await api.ask('GET /usage', { query });
      io.stdout.write(flags.json ? formatJson(body) : formatUsage(body, io.stdout));
    });
}

function queryOf({ by, last, from, to, granularity }: UsageFlags, nowMs: number): Encoded<UsageQuery> {
  return { by, from: last === undefined ? from : new Date(nowMs - last).toISOString(), to, granularity };
}

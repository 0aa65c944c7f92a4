import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Encoded, PayloadQuery, RecordedRequest } from '../../api/index.js';
import { invalidArgument, MillraceError } from '../../core/index.js';
import { connectToApi } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import { formatPayloads } from '../format/payloads.js';
import { readMoment } from '../inputs/moment.js';
import type { Io } from '../io.js';
import { addCommonFlags, type CommonFlags } from '../server-options.js';

interface ListFlags extends CommonFlags {
  readonly model?: string;
  readonly since?: number;
  readonly until?: number;
  readonly status?: string;
  readonly limit: number;
}

/** `millrace payloads …`: recorded requests. */
export function registerPayloads(program: Command, { io }: CommandContext): void {
  const payloads = program.command('payloads').description('list and erase recorded requests and their answers');
  addCommonFlags(payloads.command('list').description('list recorded requests, the newest first'))
    .option('--model <name>', 'the model that answered, or the route')
    .addOption(new Option('--since <time>', 'from then on: a time, or how long ago as in 90m').argParser(readMoment))
    .addOption(new Option('--until <time>', 'before then').argParser(readMoment))
    .option('--status <status>', '`ok`, or an error code')
    .addOption(new Option('--limit <count>', 'how many').default(20).argParser(readCount))
    .addHelpText('after', examples('millrace payloads list --model fraud --since 1h', 'millrace payloads list --json'))
    .action(async ({ model, status, since, until, limit, ...flags }: ListFlags) => {
      const query = { model, status, since: timeOf(since), until: timeOf(until) };
      const records = await find(io, flags, { query, limit });
      io.stdout.write(flags.json ? formatJson({ records }) : formatPayloads(records, io.stdout));
    });
  addCommonFlags(payloads.command('show <request>').description('print the records of a request as JSON'))
    .addHelpText('after', examples('millrace payloads show 5f0c7e6a-…'))
    .action(async (request: string, flags: CommonFlags) => {
      const records = await find(io, flags, { query: { request_id: request }, limit: MAX_COUNT });
      if (records.length === 0) throw new MillraceError('not_found', `there is no record of the request '${request}'`);
      io.stdout.write(formatJson({ records }));
    });
  addCommonFlags(payloads.command('erase <request>').description('erase all records of a request'))
    .addHelpText('after', examples('millrace payloads erase 5f0c7e6a-…'))
    .action(async (request: string, flags: CommonFlags) => {
      if (request === '') throw invalidArgument('expected the id of a request');
      const api = await connectToApi(io, flags);
      const { body } = await api.ask('DELETE /payloads/{request}', { params: { request } });
      io.stdout.write(flags.json ? formatJson(body) : `${body.erased} erased\n`);
    });
}

const MAX_COUNT = 100_000;

interface Search {
  readonly query: Encoded<PayloadQuery>;
  readonly limit: number;
}

async function find(io: Io, flags: CommonFlags, { query, limit }: Search): Promise<readonly RecordedRequest[]> {
  const api = await connectToApi(io, flags);
  const records: RecordedRequest[] = [];
  let after: string | undefined;
  do {
    const wanted = Math.min(limit - records.length, 1_000);
    const { body } = await api.ask('GET /payloads', { query: { ...query, after, limit: wanted } });
    records.push(...body.records);
    after = body.next;
  } while (after !== undefined && records.length < limit);
  return records;
}

function timeOf(atMs: number | undefined): string | undefined {
  return atMs === undefined ? undefined : new Date(atMs).toISOString();
}

function readCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MAX_COUNT) return count;
  throw new InvalidArgumentError(`Expected 1 to ${MAX_COUNT}, got '${text}'.`);
}

import path from 'node:path';
import { type Command, Option } from 'commander';
import { invalidArgument } from '../../core/index.js';
import { encodeShadow } from '../../management/index.js';
import { type PayloadRecord, readRecord } from '../../payloads/index.js';
import { reportAsText, type ShadowReport } from '../../shadows/index.js';
import { connectToApi } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import type { Io } from '../io.js';
import { readRecords } from '../replay/record-source.js';
import { type Replayed, replay } from '../replay/replay.js';
import { addServerFlags, connectTo, parseCount, parseNumber, type ServerFlags } from '../server-options.js';

interface ReplayFlags extends ServerFlags {
  readonly to: string;
  readonly of?: string;
  readonly compare?: true;
  readonly concurrency: number;
  readonly absoluteTolerance: number;
  readonly relativeTolerance: number;
  readonly samples: number;
  readonly json?: true;
}

/** `millrace replay`: recorded requests, sent to another version. */
export function registerReplay(program: Command, { io }: CommandContext): void {
  addServerFlags(
    program
      .command('replay [log]')
      .description('send recorded requests to a version, and compare its answers with the recorded ones'),
  )
    .requiredOption('--to <model>', 'the model, version or route that gets them: fraud, fraud/4, fraud@canary')
    .option(
      '--of <name>',
      'in place of a file or folder: the records of a model or route in the payload log of the server',
    )
    .option('--compare', 'report how the answers compare, as a shadow does')
    .addOption(new Option('--concurrency <count>', 'requests at a time').default(8).argParser(parseCount))
    .addOption(
      new Option('--absolute-tolerance <number>', 'numbers this far apart are the same')
        .default(1e-5)
        .argParser(parseNumber),
    )
    .addOption(
      new Option('--relative-tolerance <share>', 'and so are those as far apart as this share of the recorded number')
        .default(1e-3)
        .argParser(parseNumber),
    )
    .addOption(
      new Option('--samples <count>', 'show so many of the worst disagreements').default(0).argParser(parseNumber),
    )
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      examples(
        'millrace replay payloads --to fraud/4 --compare',
        'millrace replay --of fraud --to fraud@canary --compare',
      ),
    )
    .action((log: string | undefined, flags: ReplayFlags) => run(io, log, flags));
}

async function run(io: Io, log: string | undefined, flags: ReplayFlags): Promise<void> {
  const { absoluteTolerance, relativeTolerance, concurrency, samples, to, of } = flags;
  if ((log === undefined) === (of === undefined)) throw invalidArgument('expected either a log or --of <name>');
  const [, name = to, version] = /^(.+)\/(\d+)$/.exec(to) ?? [];
  const client = await connectTo(io, flags);
  const replayed = await replay({
    records: log === undefined ? recordsOfServer(io, flags) : readRecords(path.resolve(io.cwd, log)),
    model: client.model(name, version === undefined ? {} : { version }),
    concurrency,
    rules: { absoluteTolerance, relativeTolerance, outputs: {} },
    maxSamples: samples,
    now: Date.now,
  });
  const report = reportOf(replayed, log ?? of ?? '', to);
  noteSkipped(io, replayed);
  if (flags.json)
    io.stdout.write(
      formatJson(flags.compare ? encodeShadow(report) : { replayed: report.copied, dropped: report.dropped }),
    );
  else io.stdout.write(flags.compare ? reportAsText(report) : `${report.copied} requests replayed\n`);
}

/** The report of a shadow: the log is in the place of the route. */
function reportOf({ book }: Replayed, source: string, target: string): ShadowReport {
  return {
    route: source,
    shadow: target,
    share: 1,
    sinceMs: book.since,
    copied: book.copied,
    pending: 0,
    dropped: book.dropped,
    pairs: book.report(),
  };
}

function noteSkipped(io: Io, { skipped: { redacted, generation } }: Replayed): void {
  if (redacted > 0) io.stderr.write(`${redacted} records were left out: parts of them were redacted\n`);
  if (generation > 0) io.stderr.write(`${generation} records were left out: they are of models that generate\n`);
}

/** The newest first. */
async function* recordsOfServer(io: Io, flags: ReplayFlags): AsyncGenerator<PayloadRecord> {
  const api = await connectToApi(io, flags);
  let after: string | undefined;
  do {
    const { body } = await api.ask('GET /payloads', { query: { model: flags.of, limit: 1_000, after } });
    for (const found of body.records) {
      const record = readRecord(JSON.stringify({ format: 1, ...found }));
      if (record !== undefined) yield record;
    }
    after = body.next;
  } while (after !== undefined);
}

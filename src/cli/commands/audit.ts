import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type AuditFilter,
  exportTrail,
  type FoundEntry,
  keyFileOf,
  publicKeyFile,
  readPublicKey,
  searchTrail,
  verifyTrail,
} from '../../audit/index.js';
import type { Settings } from '../../config/index.js';
import { encodeAuditEntry } from '../../management/index.js';
import { type CommandContext, examples } from '../command.js';
import { EXIT_CODES } from '../exit-code.js';
import { formatEntries, formatVerification } from '../format/audit.js';
import { escapeInvisible } from '../format/escape-invisible.js';
import { formatJson } from '../format/json.js';
import { readMoment } from '../inputs/moment.js';
import type { Io } from '../io.js';
import { loadSettingsFor } from '../setting-flags.js';

interface TrailFlags {
  readonly config?: string;
  readonly folder?: string;
}

interface FilterFlags extends TrailFlags {
  readonly since?: number;
  readonly until?: number;
  readonly principal?: string;
  readonly action?: string;
  readonly resource?: string;
  readonly outcome?: string;
}

interface SearchFlags extends FilterFlags {
  readonly limit: number;
  readonly json?: true;
}

interface VerifyFlags extends TrailFlags {
  readonly checkpoint?: string;
  readonly publicKey?: string;
  readonly json?: true;
}

/** `millrace audit …`: who did what to what, from the files of a trail, whether or not a server writes them at the moment. */
export function registerAudit(program: Command, { io, exitWith }: CommandContext): void {
  const audit = program
    .command('audit')
    .description('look who did what to what, and whether anybody has tampered with that')
    .addHelpText(
      'after',
      examples(
        'millrace audit search --since 1d --action "model.*"',
        'millrace audit verify --checkpoint checkpoints.jsonl',
      ),
    );
  addFilters(audit.command('search').description('entries of the trail, the newest first, each change once'))
    .addOption(new Option('-n, --limit <count>', 'how many at most').argParser(readCount).default(20))
    .option('--json', 'print a JSON line for each')
    .action(async (flags: SearchFlags) => search(io, flags));
  addFilters(
    audit.command('export').description('lines of the trail as they stand in its files, the oldest first'),
  ).action(async (flags: FilterFlags) => {
    const { folder } = await placeOf(io, flags);
    for await (const lines of exportTrail(folder, filterOf(flags))) {
      io.stdout.write(lines.map((line) => `${escapeInvisible(line)}\n`).join(''));
    }
  });
  addPlace(audit.command('verify').description('say whether entries were altered, removed, put elsewhere or cut off'))
    .option('--checkpoint <file>', 'checkpoints that the server has written to a second place')
    .option('--public-key <file>', "PEM file with the key that they are checked with (default: the trail's own)")
    .option('--json', 'print JSON')
    .action(async (flags: VerifyFlags) => {
      if (!(await verify(io, flags))) exitWith(EXIT_CODES.failed.code);
    });
}

function addPlace(command: Command): Command {
  return command
    .option('-c, --config <file>', 'settings file (default: $MILLRACE_CONFIG, else millrace.yaml if there is one)')
    .option('--folder <folder>', 'the trail (default: audit.folder of the settings)');
}

function addFilters(command: Command): Command {
  return addPlace(command)
    .addOption(new Option('--since <when>', 'from then on: a time, or 90m, 1d ago').argParser(readMoment))
    .addOption(new Option('--until <when>', 'before then').argParser(readMoment))
    .option('--principal <name>', 'who: key:ci, oidc:*')
    .option('--action <name>', 'what: model.load, model.*')
    .option('--resource <name>', 'to what: a model, a route')
    .option('--outcome <code>', 'ok, an error code, or unknown (search only)');
}

async function search(io: Io, { limit, json, ...flags }: SearchFlags): Promise<void> {
  const { folder } = await placeOf(io, flags);
  const found: FoundEntry[] = [];
  let from: string | undefined;
  do {
    const page = await searchTrail(folder, filterOf(flags), { limit: limit - found.length, from });
    found.push(...page.entries);
    from = page.next;
  } while (from !== undefined && found.length < limit);
  const { colors, columns } = io.stdout;
  io.stdout.write(
    json
      ? found.map((entry) => `${escapeInvisible(formatJson(encodeAuditEntry(entry)).trimEnd())}\n`).join('')
      : formatEntries(found, { colors, columns }),
  );
}

/** Whether nothing is wrong. */
async function verify(io: Io, { checkpoint, publicKey, json, ...flags }: VerifyFlags): Promise<boolean> {
  const { folder, audit } = await placeOf(io, flags);
  const report = await verifyTrail({
    folder,
    checkpoints:
      checkpoint === undefined
        ? undefined
        : {
            file: path.resolve(io.cwd, checkpoint),
            publicKey: readPublicKey(publicKey === undefined ? ownKey(audit, folder) : path.resolve(io.cwd, publicKey)),
          },
  });
  io.stdout.write(json ? formatJson(report) : formatVerification(report));
  return report.faults.length === 0;
}

function ownKey({ keyFile }: Settings['audit'], folder: string): string {
  const own = keyFileOf({ folder, keyFile });
  return existsSync(publicKeyFile(own)) ? publicKeyFile(own) : own;
}

async function placeOf(io: Io, { config, folder }: TrailFlags) {
  const { audit } = await loadSettingsFor(io, config === undefined ? {} : { config });
  return { audit, folder: path.resolve(io.cwd, folder ?? audit.folder) };
}

function filterOf({ since, until, principal, action, resource, outcome }: FilterFlags): AuditFilter {
  return { sinceMs: since, untilMs: until, principal, action, resource, outcome };
}

function readCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 100_000) return count;
  throw new InvalidArgumentError(`Expected 1 to 100000, got '${text}'.`);
}

import { type Command, InvalidArgumentError } from 'commander';
import type { Key, MadeKey } from '../../api/index.js';
import type { MillraceApi } from '../../client/index.js';
import { connectToApi } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import { describeMade, formatKey, formatKeys } from '../format/keys.js';
import { readDuration } from '../inputs/duration.js';
import type { Io } from '../io.js';
import { addCommonFlags, type CommonFlags, collect } from '../server-options.js';

interface CreateFlags extends CommonFlags {
  readonly grant?: readonly GrantFlag[];
  readonly group?: readonly string[];
  readonly owner?: string;
  readonly expiresIn?: number;
  readonly store?: string;
}

interface RotateFlags extends CommonFlags {
  readonly overlap?: number;
  readonly expiresIn?: number;
}

const PAGE = 1_000;
const parseTime = readDuration('90d or 12h');

/** `millrace keys …`: who may call a server, and with which key. */
export function registerKeys(program: Command, { io }: CommandContext): void {
  const keys = program
    .command('keys')
    .description('make keys for callers, look at them, replace them and take them away')
    .addHelpText(
      'after',
      examples(
        "millrace keys create checkout --grant 'caller=fraud*' --owner 'team checkout' --expires-in 90d",
        'millrace keys create admin --grant admin --store ./.millrace/store.db',
        'millrace keys list',
        'millrace keys rotate checkout --overlap 1h',
        'millrace keys revoke checkout',
      ),
    );
  registerCreate(keys, io);
  registerLooks(keys, io);
  registerChanges(keys, io);
}

function registerCreate(keys: Command, io: Io): void {
  addCommonFlags(keys.command('create <name>').description('make a key, which is printed this once'))
    .option(
      '--grant <role[=models]>',
      'a role, on names of models and routes with commas in between (default: all); may be given several times',
      collect(parseGrant),
    )
    .option(
      '--group <name>',
      'a group that bindings speak of; may be given several times',
      collect((text) => text),
    )
    .option('--owner <text>', 'who answers for it')
    .option('--expires-in <duration>', 'after that it admits nothing new: 90d, 12h (default: never)', parseTime)
    .option(
      '--store <file>',
      'make it in a store that no server uses, such as the first one; servers read it when they start',
    )
    .action(async (name: string, flags: CreateFlags) => {
      const made = await createKey(io, name, flags);
      showMade(io, made, flags);
    });
}

async function createKey(io: Io, name: string, flags: CreateFlags): Promise<MadeKey> {
  const { grant = [], group, owner, expiresIn, store } = flags;
  if (store !== undefined) {
    const { createInStore } = await import('../key-in-store.js');
    return createInStore(io, store, { name, grants: grant, groups: group, owner, expiresInMs: expiresIn });
  }
  const api = await connectToApi(io, flags);
  const body = { name, grants: grant, groups: group, owner, expires_in_ms: expiresIn };
  return (await api.ask('POST /keys', { body })).body;
}

function registerLooks(keys: Command, io: Io): void {
  addCommonFlags(keys.command('list').description('every key that is not revoked')).action(
    async (flags: CommonFlags) => {
      const rows = await listAll(await connectToApi(io, flags));
      io.stdout.write(flags.json ? formatJson(rows) : formatKeys(rows, io.stdout));
    },
  );
  addCommonFlags(keys.command('show <key>').description('one key, by its name or id')).action(
    async (key: string, flags: CommonFlags) => {
      const api = await connectToApi(io, flags);
      const { body } = await api.ask('GET /keys/{key}', { params: { key } });
      io.stdout.write(flags.json ? formatJson(body) : formatKey(body));
    },
  );
}

function registerChanges(keys: Command, io: Io): void {
  addCommonFlags(
    keys.command('rotate <key>').description('replace a key by another of the same name, printed this once'),
  )
    .option('--overlap <duration>', 'how long the key that is replaced holds as well: 1h, 0s (default: 1d)', parseTime)
    .option('--expires-in <duration>', 'when it expires, from now on (default: as before)', parseTime)
    .action(async (key: string, flags: RotateFlags) => {
      const api = await connectToApi(io, flags);
      const body = { overlap_ms: flags.overlap, expires_in_ms: flags.expiresIn };
      const answer = await api.ask('POST /keys/{key}/rotate', { params: { key }, body });
      showMade(io, answer.body, flags);
    });
  addCommonFlags(keys.command('revoke <key>').description('take a key away for good; what runs for it ends')).action(
    async (key: string, flags: CommonFlags) => {
      const api = await connectToApi(io, flags);
      const { body } = await api.ask('POST /keys/{key}/revoke', { params: { key } });
      io.stdout.write(flags.json ? formatJson(body) : `revoked ${body.name} (${body.id})\n`);
    },
  );
}

/** The key alone goes to the standard output: `KEY=$(millrace keys create …)`. */
function showMade(io: Io, made: MadeKey, { json }: CommonFlags): void {
  if (json) {
    io.stdout.write(formatJson(made));
    return;
  }
  io.stderr.write(describeMade(made));
  io.stdout.write(`${made.key}\n`);
}

async function listAll(api: MillraceApi): Promise<readonly Key[]> {
  const keys: Key[] = [];
  let after: string | undefined;
  do {
    const { body } = await api.ask('GET /keys', { query: { limit: PAGE, after } });
    keys.push(...body.keys);
    after = body.next;
  } while (after !== undefined);
  return keys;
}

/** What a key may do: a role, and on what. */
interface GrantFlag {
  readonly role: string;
  readonly models?: readonly string[];
}

/** `caller`, `caller=fraud*,churn`. */
function parseGrant(text: string): GrantFlag {
  const at = text.indexOf('=');
  const role = at < 0 ? text : text.slice(0, at);
  const models = at < 0 ? undefined : text.slice(at + 1).split(',');
  if (role === '' || models?.includes('')) {
    throw new InvalidArgumentError(`Expected a role, or a role and names such as caller=fraud*,churn; got '${text}'.`);
  }
  return { role, ...(models && { models }) };
}

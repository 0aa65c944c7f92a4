import type { Command } from 'commander';
import type { Explanation, PlacedGrant } from '../../api/index.js';
import { accessOf, type Settings } from '../../config/index.js';
import { invalidArgument, MillraceError } from '../../core/index.js';
import {
  AccessPolicy,
  explainAccess,
  grantsOfScopes,
  type Identity,
  idOfIdentity,
  parseAction,
  readWrittenPrincipal,
} from '../../governance/index.js';
import { encodeExplanation } from '../../management/index.js';
import type { AccessQuestion } from '../../service/index.js';
import { didYouMean } from '../../text/index.js';
import { connectToApi } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import type { Io } from '../io.js';
import { addCommonFlags, addCredentialFlags, type CommonFlags, type ServerFlags } from '../server-options.js';
import { addSettingFlags, type GivenFlags, loadSettingsFor, settingsOfFlags } from '../setting-flags.js';
import { useStore } from '../use-store.js';

const MAX_KEYS = 200_000;

/** `millrace access …`: who may do what. */
export function registerAccess(program: Command, context: CommandContext): void {
  const access = program
    .command('access')
    .description('say who may do what, as a server is configured or as one that runs judges')
    .addHelpText(
      'after',
      examples(
        'millrace access explain ci model.infer fraud@canary',
        "millrace access explain oidc:acme/42 route.change 'fraud-live' --group fraud-team",
        'millrace access explain ci model.load fraud --url https://models.example.com --key-file auditor.key',
        'millrace access mine model.infer fraud',
      ),
    );
  registerExplain(access, context);
  registerMine(access, context);
}

function registerExplain(access: Command, { io, exitWith }: CommandContext): void {
  const command = addSettingFlags(
    access
      .command('explain <key> <action> [model]')
      .description('say which line lets a key or principal do something, or that none does'),
  )
    .option('--group <name...>', 'groups of a token or certificate')
    .option('-u, --url <url>', 'ask the server that runs there, in place of settings; needs the right access.read');
  addCredentialFlags(command)
    .option('--json', 'print JSON')
    .action(async (key: string, action: string, ...rest: readonly [string | undefined, ExplainFlags, Command]) => {
      const [model = '', flags] = rest;
      const { url, group: groups = [] } = flags;
      const asked = { principal: key, groups, action, resource: model };
      const row =
        url === undefined
          ? await explainConfigured(io, asked, flags)
          : await explainRunning(io, asked, { ...flags, url: refuseSettings(url, flags) });
      show(io, row, flags);
      exitWith(row.allowed ? 0 : 1);
    });
}

function registerMine(access: Command, { io, exitWith }: CommandContext): void {
  addCommonFlags(
    access
      .command('mine <action> [model]')
      .description('say which line lets oneself do something, by the key that is sent; everybody may ask'),
  ).action(async (action: string, ...rest: readonly [string | undefined, CommonFlags, Command]) => {
    const [resource = '', flags] = rest;
    const row = await explainRunning(io, { principal: undefined, groups: [], action, resource }, flags);
    show(io, row, flags);
    exitWith(row.allowed ? 0 : 1);
  });
}

interface ExplainFlags extends GivenFlags, Omit<ServerFlags, 'url'> {
  readonly url?: string;
  readonly group?: readonly string[];
  readonly json?: true;
}

function show(io: Io, row: Explanation, { json }: { readonly json?: boolean | undefined }): void {
  io.stdout.write(json ? formatJson(row) : formatExplanation(row));
}

function refuseSettings(url: string, flags: GivenFlags): string {
  const isConfigured = flags.config !== undefined || Object.keys(settingsOfFlags(flags)).length > 0;
  if (isConfigured) throw invalidArgument('--url asks a server that runs: it has its settings already');
  return url;
}

async function explainRunning(io: Io, asked: AccessQuestion, flags: ServerFlags): Promise<Explanation> {
  const { principal, groups, action, resource } = asked;
  const api = await connectToApi(io, flags);
  const query = { action, resource, principal, group: groups };
  return (await api.ask('GET /access/explain', { query })).body;
}

async function explainConfigured(
  io: Io,
  { principal, groups, action: asked, resource }: AccessQuestion & { readonly principal: string },
  { group: _, ...flags }: ExplainFlags,
): Promise<Explanation> {
  const settings = await loadSettingsFor(io, flags);
  const identity = await identityOf(principal, { settings, groups });
  const action = parseAction(asked);
  const found = explainAccess(new AccessPolicy(accessOf(settings.auth)), { identity, action, resource });
  const { groups: all = [] } = identity;
  return encodeExplanation({ principal: idOfIdentity(identity), groups: all, action, resource, ...found });
}

/** A key by its name, with or without `key:`; any other principal as bindings write it. */
async function identityOf(
  text: string,
  { settings, groups }: { readonly settings: Settings; readonly groups: readonly string[] },
): Promise<Identity> {
  const name = readWrittenPrincipal(text, groups);
  if (typeof name !== 'string') return name;
  const written = settings.auth.keys.find((key) => key.name === name);
  if (written !== undefined) return { kind: 'key', name, groups, grants: grantsOfScopes(written.scopes) };
  return useStore(settings.store, async (store) => {
    const records = await store.keys.list('', MAX_KEYS);
    const record = records.find((key) => key.name === name);
    if (record === undefined) {
      const names = [...settings.auth.keys, ...records].map((key) => key.name);
      throw new MillraceError('not_found', `there is no key '${name}'${didYouMean(name, names, "'")}`);
    }
    return { kind: 'key', name, grants: record.grants, groups: [...record.groups, ...groups] };
  });
}

/** Whether somebody may do something, and why. */
function formatExplanation({ allowed, seen, resource, because, has, would_do }: Explanation): string {
  const lines = (grants: readonly PlacedGrant[]) =>
    grants.map(({ role, models = ['*'], except = [], place }) => {
      const left = except.length === 0 ? '' : ` except ${except.join(' ')}`;
      return `  ${role}${left} on ${models.join(' ')} (${place})`;
    });
  if (allowed) return ['yes, by', ...lines(because), ''].join('\n');
  const answer = seen ? '403' : `404, as if there were no '${resource}'`;
  const roles = has.length === 0 ? ['  no role at all'] : lines(has);
  return [`no (${answer}); there is only`, ...roles, `roles that would do: ${would_do.join(', ') || 'none'}`, ''].join(
    '\n',
  );
}

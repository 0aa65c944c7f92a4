import type { Command } from 'commander';
import { accessOf, type Settings } from '../../config/index.js';
import { ACTIONS, type Action, invalidArgument, MillraceError, systemClock } from '../../core/index.js';
import {
  AccessPolicy,
  type Explanation,
  explainAccess,
  grantsOfScopes,
  type Identity,
} from '../../governance/index.js';
import { openStore } from '../../store/index.js';
import { didYouMean } from '../../text/index.js';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import { addSettingFlags, type GivenFlags, loadSettingsFor } from '../setting-flags.js';

const MAX_KEYS = 200_000;

/** `millrace access …`: who may do what, by the settings and the keys of the store. */
export function registerAccess(program: Command, { io, exitWith }: CommandContext): void {
  const access = program
    .command('access')
    .description('say who may do what, as the server is configured')
    .addHelpText(
      'after',
      examples(
        'millrace access explain ci model.infer fraud@canary',
        "millrace access explain oidc:acme/42 route.change 'fraud-live' --group fraud-team",
      ),
    );
  addSettingFlags(
    access
      .command('explain <key> <action> [model]')
      .description('say which line lets a key or principal do something, or that none does'),
  )
    .option('--group <name...>', 'groups of a token or certificate')
    .option('--json', 'print JSON')
    .action(async (key: string, asked: string, ...rest: readonly [string | undefined, ExplainFlags, Command]) => {
      const [model, { group, ...flags }] = rest;
      const settings = await loadSettingsFor(io, flags);
      const policy = new AccessPolicy(accessOf(settings.auth));
      const identity = await identityOf(key, { settings, groups: group ?? [] });
      const explanation = explainAccess(policy, { identity, action: readAction(asked), resource: model ?? '' });
      io.stdout.write(flags.json ? formatJson(explanation) : formatExplanation(explanation, model));
      exitWith(explanation.isAllowed ? 0 : 1);
    });
}

type ExplainFlags = GivenFlags & { readonly group?: readonly string[] };

function readAction(text: string): Action {
  const found = ACTIONS.find((action) => action === text);
  if (found !== undefined) return found;
  throw invalidArgument(
    `there is no action '${text}'${didYouMean(text, ACTIONS, "'")} (actions: ${ACTIONS.join(', ')})`,
  );
}

/** A key by its name, with or without `key:`; any other principal as bindings write it. */
async function identityOf(
  text: string,
  { settings, groups }: { readonly settings: Settings; readonly groups: readonly string[] },
): Promise<Identity> {
  for (const kind of ['oidc', 'cert'] as const) if (text.startsWith(`${kind}:`)) return { kind, name: text, groups };
  const name = text.startsWith('key:') ? text.slice('key:'.length) : text;
  const written = settings.auth.keys.find((key) => key.name === name);
  if (written !== undefined) return { kind: 'key', name, groups, grants: grantsOfScopes(written.scopes) };
  const store = openStore(settings.store, systemClock);
  try {
    const records = await store.keys.list('', MAX_KEYS);
    const record = records.find((key) => key.name === name);
    if (record === undefined) {
      const names = [...settings.auth.keys, ...records].map((key) => key.name);
      throw new MillraceError('not_found', `there is no key '${name}'${didYouMean(name, names, "'")}`);
    }
    return { kind: 'key', name, grants: record.grants, groups: [...record.groups, ...groups] };
  } finally {
    await store.close();
  }
}

function formatExplanation(
  { isAllowed, isSeen, because, has, wouldDo }: Explanation,
  model: string | undefined,
): string {
  const lines = (grants: Explanation['has']) =>
    grants.map(({ role, models = ['*'], place }) => `  ${role} on ${models.join(' ')} (${place})`);
  if (isAllowed) return ['yes, by', ...lines(because), ''].join('\n');
  const answer = isSeen ? '403' : `404, as if there were no '${model}'`;
  const roles = has.length === 0 ? ['  no role at all'] : lines(has);
  return [`no (${answer}); there is only`, ...roles, `roles that would do: ${wouldDo.join(', ') || 'none'}`, ''].join(
    '\n',
  );
}

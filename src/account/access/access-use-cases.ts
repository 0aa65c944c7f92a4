import { type CallContext, invalidArgument, MillraceError } from '../../core/index.js';
import {
  admit,
  type Explanation,
  explainAccess,
  type Identity,
  identityOf,
  idOfIdentity,
  parseAction,
  readWrittenPrincipal,
} from '../../governance/index.js';
import { type KeyParts, staticsOf } from '../keys/key-holders.js';
import type { AccessQuestion, AccessUseCases } from './types.js';

/** Where something is written in a file of the settings. */
const PLACE_IN_FILE = /^.*\/(?=[^/]+:\d+:\d+$)/;

export function createAccessUseCases({ keys }: { readonly keys: KeyParts }): AccessUseCases {
  const { policy, stored } = keys;

  async function identityOfName(text: string, groups: readonly string[]): Promise<Identity> {
    const name = readWrittenPrincipal(text, groups);
    if (typeof name !== 'string') return name;
    const written = staticsOf(keys.written()).find((key) => key.name === name);
    if (written !== undefined) return { kind: 'key', name, groups, grants: written.grants };
    await stored.load();
    const record = stored.ring.named(name);
    if (record !== undefined)
      return { kind: 'key', name, grants: record.grants, groups: [...record.groups, ...groups] };
    stored.checkReadable();
    throw new MillraceError('not_found', `there is no key '${name.slice(0, 128)}'`);
  }

  async function identityFor(call: CallContext, { principal, groups }: AccessQuestion): Promise<Identity> {
    if (principal !== undefined) {
      admit(call.principal, 'access.read', '');
      return identityOfName(principal, groups);
    }
    if (groups.length > 0)
      throw invalidArgument('group: needs principal; one asks about oneself with the groups that one has');
    return identityOf(call.principal);
  }

  return {
    async explain(call, question) {
      const identity = await identityFor(call, question);
      const { resource } = question;
      const action = parseAction(question.action);
      const explanation = explainAccess(policy, { identity, action, resource });
      const maySeePlaces = call.principal.rights.allow('access.read', '');
      const { groups = [] } = identity;
      const asked = { principal: idOfIdentity(identity), groups, action, resource };
      return { ...asked, ...(maySeePlaces ? explanation : withoutFolders(explanation)) };
    },
  };
}

/** Paths on the server's machine are hidden from callers without the right to read access rules. */
function withoutFolders({ because, has, ...rest }: Explanation): Explanation {
  const shorten = (grants: Explanation['has']) =>
    grants.map((grant) => ({ ...grant, place: grant.place.replace(PLACE_IN_FILE, '') }));
  return { ...rest, because: shorten(because), has: shorten(has) };
}

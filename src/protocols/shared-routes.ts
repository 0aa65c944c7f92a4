import { type TSchema, Type } from '@sinclair/typebox';
import { type Call, MillraceError } from '../core/index.js';
import { Claims } from './claims.js';
import type { Dialect } from './dialect.js';
import { jsonResponse, type Route, type RouteRequest } from './route.js';
import { SHARED_ROUTES, type SharedList, type SharedMembers } from './shared-members.js';
import type { WireHeaders } from './wire.js';

interface Share extends SharedMembers {
  readonly dialect: Dialect;
}

/** A shared route and the dialect that writes its errors: the first that has a share in it. */
export interface SharedRoute {
  readonly dialect: Dialect;
  readonly route: Route;
  /** The dialect that a request asks for by a header; undefined = none in particular. */
  readonly dialectOf: (headers: WireHeaders) => Dialect | undefined;
}

/** The shared routes in which any dialect has a share. Throws `failed_precondition` where two add a member of the same name, or have the same header. */
export function createSharedRoutes(dialects: readonly Dialect[]): readonly SharedRoute[] {
  return SHARED_ROUTES.flatMap(({ path, summary }) => {
    const shares = sharesOf(dialects, path);
    const [first] = shares;
    if (first === undefined) return [];
    const withoutHeader = shares.filter(({ header }) => header === undefined);
    // Where all of them need a header, the first is as good as any for a request without one.
    const common = withoutHeader.length > 0 ? withoutHeader : [first];
    checkMembers(path, common);
    checkHeaders(path, shares);
    const chosenBy = (headers: WireHeaders) =>
      shares.find(({ header }) => header !== undefined && headers[header] !== undefined);
    const route: Route = {
      method: 'GET',
      path,
      tag: 'models',
      summary,
      access: 'key',
      control: false,
      response: describeMembers(shares),
      handle(call, request) {
        const chosen = chosenBy(request.headers);
        return jsonResponse(answerAll(chosen === undefined ? common : [chosen], call, request));
      },
    };
    const { dialect } = withoutHeader[0] ?? first;
    return [{ dialect, route, dialectOf: (headers) => chosenBy(headers)?.dialect }];
  });
}

/** What dialects have of a route; as each dialect's clients carry credentials in their own way, all of these ways are taken. */
function sharesOf(dialects: readonly Dialect[], path: SharedMembers['path']): readonly Share[] {
  const shares = dialects.flatMap((dialect) =>
    (dialect.shares ?? []).filter((share) => share.path === path).map((share): Share => ({ ...share, dialect })),
  );
  const credentialHeaders = [...new Set(shares.flatMap(({ dialect }) => dialect.credentialHeaders ?? []))];
  return shares.map((share) => ({ ...share, dialect: { ...share.dialect, credentialHeaders } }));
}

/** Which of the members there are depends on which dialects know the model. */
function describeMembers(shares: readonly Share[]): TSchema {
  return Type.Object(
    Object.fromEntries(shares.flatMap(({ members }) => members.map((name) => [name, Type.Optional(Type.Unknown())]))),
  );
}

function checkMembers(path: string, shares: readonly Share[]): void {
  const claims = new Claims();
  const keys = new Map<string, string>();
  for (const { dialect, members, lists = {} } of shares) {
    const claim = (member: string) => {
      const describe = (other: string) =>
        `the dialects '${other}' and '${dialect.name}' both add '${member}' to GET ${path}`;
      claims.add(member, dialect, describe);
    };
    for (const member of members) {
      const list = lists[member];
      const isShared = list !== undefined && keys.get(member) === list.key;
      if (!isShared) claim(member);
      if (list === undefined) continue;
      keys.set(member, list.key);
      for (const name of list.members) claim(`${member}[].${name}`);
    }
  }
}

function checkHeaders(path: string, shares: readonly Share[]): void {
  const claims = new Claims();
  for (const { dialect, header } of shares) {
    if (header === undefined) continue;
    const describe = (other: string) =>
      `the dialects '${other}' and '${dialect.name}' are both asked for by the header '${header}' of GET ${path}`;
    claims.add(header, dialect, describe);
  }
}

/** Says nothing of what others know. */
function isAbsence({ code }: MillraceError): boolean {
  return code === 'not_found' || code === 'unavailable';
}

function answerAll(shares: readonly Share[], call: Call, request: RouteRequest): Readonly<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  let missing: MillraceError | undefined;
  let known = false;
  for (const { answer, lists = {} } of shares) {
    try {
      for (const [name, value] of Object.entries(answer(call, request))) {
        const list = lists[name];
        found[name] = list === undefined ? value : joinLists(found[name], value, list);
      }
      known = true;
    } catch (error) {
      if (!(error instanceof MillraceError) || !isAbsence(error)) throw error;
      if (missing === undefined || error.code === 'unavailable') missing = error;
    }
  }
  if (!known && missing !== undefined) throw missing;
  return found;
}

/** Two lists of objects as one: what is the same by its key is one object, in the place that it has in the first. */
function joinLists(first: unknown, second: unknown, { key }: SharedList): unknown {
  // Lists of objects, as their dialects say.
  const objects = [first ?? [], second].flat() as readonly Readonly<Record<string, unknown>>[];
  const byKey = new Map<unknown, Readonly<Record<string, unknown>>>();
  for (const object of objects) byKey.set(object[key], { ...byKey.get(object[key]), ...object });
  return [...byKey.values()];
}

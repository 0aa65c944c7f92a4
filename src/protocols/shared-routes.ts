import { type TSchema, Type } from '@sinclair/typebox';
import { type Call, MillraceError } from '../core/index.js';
import { Claims } from './claims.js';
import type { Dialect } from './dialect.js';
import { jsonResponse, type Route, type RouteRequest } from './route.js';
import { SHARED_ROUTES, type SharedMembers } from './shared-members.js';

interface Share extends SharedMembers {
  readonly dialect: Dialect;
}

/** A shared route and the dialect that writes its errors: the first that has a share in it. */
export interface SharedRoute {
  readonly dialect: Dialect;
  readonly route: Route;
}

/** The shared routes in which any dialect has a share. Throws `failed_precondition` where two add a member of the same name. */
export function createSharedRoutes(dialects: readonly Dialect[]): readonly SharedRoute[] {
  const all = dialects.flatMap((dialect) => (dialect.shares ?? []).map((share): Share => ({ ...share, dialect })));
  return SHARED_ROUTES.flatMap(({ path, summary }) => {
    const shares = all.filter((share) => share.path === path);
    const [first] = shares;
    if (first === undefined) return [];
    checkMembers(path, shares);
    const route: Route = {
      method: 'GET',
      path,
      tag: 'models',
      summary,
      access: 'key',
      control: false,
      response: describeMembers(shares),
      handle: (call, request) => jsonResponse(answerAll(shares, call, request)),
    };
    // Clients of each of them call it in their own way.
    const credentialHeaders = [...new Set(shares.flatMap(({ dialect }) => dialect.credentialHeaders ?? []))];
    return [{ dialect: { ...first.dialect, credentialHeaders }, route }];
  });
}

/** Which of the members there are depends on which dialects know the model. */
function describeMembers(shares: readonly Share[]): TSchema {
  return Type.Object(
    Object.fromEntries(shares.flatMap(({ members }) => members.map((name) => [name, Type.Optional(Type.Unknown())]))),
  );
}

function checkMembers(path: string, shares: readonly Share[]): void {
  const claims = new Claims();
  for (const { dialect, members } of shares) {
    for (const member of members) {
      const describe = (other: string) =>
        `the dialects '${other}' and '${dialect.name}' both add '${member}' to GET ${path}`;
      claims.add(member, dialect, describe);
    }
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
  for (const { answer } of shares) {
    try {
      Object.assign(found, answer(call, request));
      known = true;
    } catch (error) {
      if (!(error instanceof MillraceError) || !isAbsence(error)) throw error;
      if (missing === undefined || error.code === 'unavailable') missing = error;
    }
  }
  if (!known && missing !== undefined) throw missing;
  return found;
}

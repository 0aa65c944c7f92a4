import { createApp } from '../../src/app.js';
import { createSettings, DIALECTS } from '../../src/config/index.js';
import { type Action, systemClock } from '../../src/core/index.js';
import { BUILT_IN_ROLES, type BuiltInRole, ROLES_OF_SCOPE, SCOPES, type Scope } from '../../src/governance/index.js';
import { createSharedRoutes, loadGrpcServices, type Route } from '../../src/protocols/index.js';
import { createDocsRoutes } from '../../src/server/docs.js';
import { createHealthRoutes } from '../../src/server/health-routes.js';
import { createRouteTable, type TableRow, unclaimedRoutes } from '../../src/server/rest/route-table.js';
import { createReportRoutes } from '../../src/server/rollout-report.js';
import type { AccessRow } from './access-row.js';

export const ALL_ON = Object.fromEntries(DIALECTS.map(({ name }) => [name, { enabled: true }]));

export const idOf = ({ method, path }: Pick<Route, 'method' | 'path'>) => `${method} ${path}`;

/** The tables from which a server that speaks all dialects makes its routes and methods. */
export async function readAccessTables() {
  const app = await createApp(createSettings({ ...ALL_ON, telemetry: { logLevel: 'silent' } }));
  const { service, dialects } = app;
  const docs = [
    ...createDocsRoutes({
      service,
      dialects: [],
      requiresKey: true,
      document: () => ({}),
      grpcAt: () => undefined,
    }),
    ...createReportRoutes({ takesCommands: true }),
  ];
  const sharedIds = new Set(createSharedRoutes(dialects).map(({ route }) => idOf(route)));
  const all = createRouteTable(dialects, docs);
  const isShared = ({ route }: TableRow) => sharedIds.has(idOf(route));
  const methods = (await loadGrpcServices(dialects, { service, clock: systemClock })).map(({ method }) => method);
  await app.close();
  return {
    dialects,
    /** Routes that a dialect has for itself. */
    own: all.filter((row) => !isShared(row)),
    /** Those to which several add something. */
    shared: all.filter(isShared).map(({ route }) => route),
    docs,
    /** The server's own where no dialect has them. */
    fallbacks: unclaimedRoutes(all, createHealthRoutes(service)),
    methods,
  };
}

export const ROLES = Object.keys(BUILT_IN_ROLES) as readonly BuiltInRole[];
/**
 * Who has nothing, what is no key, a key with no right at all, one for each scope, one for each role, and one for everybody's work but on
 * other models.
 */
export const CALLERS = ['nobody', 'stranger', 'roleless', ...SCOPES, ...ROLES, 'elsewhere'] as const;
export type Caller = (typeof CALLERS)[number];
export const keyOf = (caller: string) => `${caller}-key-0123456789`;

/** `unknown`: as if nothing had the name. */
export type Verdict = 'served' | 'unauthenticated' | 'permission_denied' | 'unknown';

function rolesOf(caller: Caller): readonly BuiltInRole[] {
  if (caller === 'elsewhere') return ['admin'];
  if (ROLES.some((role) => role === caller)) return [caller as BuiltInRole];
  return SCOPES.some((scope) => scope === caller) ? ROLES_OF_SCOPE[caller as Scope] : [];
}

/** What a row of the tables says of a caller. */
export function verdictFor(caller: Caller, { needs, on = 'name' }: AccessRow): Verdict {
  if (needs === 'nothing') return 'served';
  if (caller === 'nobody' || caller === 'stranger') return 'unauthenticated';
  if (needs === 'a credential') return 'served';
  const actions = rolesOf(caller).flatMap((role): readonly Action[] => BUILT_IN_ROLES[role]);
  const hasRight = [needs].flat().some((action) => actions.includes(action));
  if (caller === 'elsewhere') return on === 'anything' ? 'served' : on === 'name' ? 'unknown' : 'permission_denied';
  if (hasRight) return 'served';
  return actions.length === 0 && on === 'name' ? 'unknown' : 'permission_denied';
}

type Statuses = Readonly<Record<Verdict, (row: AccessRow) => number>>;
export const HTTP_STATUSES: Statuses = {
  served: ({ answers = 200 }) => answers,
  unauthenticated: () => 401,
  permission_denied: () => 403,
  unknown: ({ unknown = 404 }) => unknown,
};
export const GRPC_STATUSES: Statuses = {
  served: ({ answers = 0 }) => answers,
  unauthenticated: () => 16,
  permission_denied: () => 7,
  unknown: ({ unknown = 5 }) => unknown,
};

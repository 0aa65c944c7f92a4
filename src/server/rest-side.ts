import type { Call, Clock } from '../core/index.js';
import type { Authenticate, AuthenticateSigner } from '../governance/index.js';
import type { Dialect, Route } from '../protocols/index.js';
import type { Service } from '../service/index.js';
import { createDocsRoutes, type DocsOptions } from './docs.js';
import { createHealthRoutes } from './health-routes.js';
import type { StreamingExchange } from './http/exchange.js';
import { describeApi } from './openapi/describe-api.js';
import { createRestDispatch, type RestDispatch, type WholeInferences } from './rest/dispatch.js';
import { createRouteTable, OWN_NAME, type TableRow, unclaimedRoutes } from './rest/route-table.js';
import { createRouter, type Router } from './rest/router.js';
import { NO_SIGNPOSTS, type SignpostAt } from './rest/signposts.js';
import { createLoneReportRoutes, createReportRoutes } from './rollout-report.js';

export interface RestSetup {
  readonly dialects: readonly Dialect[];
  /** Writes the errors of requests that no route has. */
  readonly fallback: Dialect;
  readonly service: Pick<Service, 'models' | 'server' | 'jobs'>;
  readonly clock: Clock;
  readonly authenticate: Authenticate;
  readonly authenticateSigner: AuthenticateSigner;
  readonly admit?: ((call: Call) => void) | undefined;
  readonly requiresKey: boolean;
  readonly grpcAt: DocsOptions['grpcAt'];
  readonly maxBodyBytes: number;
  readonly draining: () => boolean;
  /** Version of the package, for the OpenAPI document. */
  readonly version: string;
  /** Routes that change the server have a port of their own. */
  readonly separateControl: boolean;
  readonly signpostAt: SignpostAt;
}

/** What answers HTTP requests for a list of dialects. */
export interface RestSide {
  readonly dispatch: (exchange: StreamingExchange) => void;
  /** For the fast path. */
  readonly whole: WholeInferences;
  readonly isInference: RestDispatch['isInference'];
  /** Answers the admin port, with all but inference and documentation, and the report of rollouts; undefined = there is none. */
  readonly adminDispatch: ((exchange: StreamingExchange) => void) | undefined;
  readonly routers: readonly Router[];
}

/** Throws `failed_precondition` where the routes of two dialects collide. */
export function createRestSide(setup: RestSetup): RestSide {
  const { dialects, fallback, separateControl, service } = setup;
  const hasOwnApi = dialects.some(({ name }) => name === OWN_NAME);
  const docs: readonly Route[] = [
    ...createDocsRoutes({ ...setup, document: () => (document ??= describe()) }),
    ...(hasOwnApi ? createReportRoutes({ takesCommands: !separateControl }) : []),
  ];
  const ofServer = (route: Route): TableRow => ({ dialect: withBearerOnly(fallback), route });
  const rows = createRouteTable(dialects, docs);
  const inferences = rows.filter(({ route }) => route.inference === true);
  const others = [
    ...rows.filter(({ route }) => route.inference !== true),
    ...unclaimedRoutes(rows, createHealthRoutes(service)).map(ofServer),
  ];
  const common = { clock: setup.clock, authenticate: setup.authenticate, maxBodyBytes: setup.maxBodyBytes };
  const open = others.filter(({ route }) => !(separateControl && route.control));
  const describe = () =>
    describeApi({
      rows: [...inferences, ...open],
      info: {
        title: 'millrace',
        version: setup.version,
        description: dialects.map(({ description }) => description).join('\n\n'),
      },
      requiresKey: setup.requiresKey,
    });
  let document: ReturnType<typeof describe> | undefined;
  const router = createRouter({
    ...common,
    rows: [...open, ...docs.map(ofServer)],
    elsewhere: inferences,
    signpostAt: setup.signpostAt,
  });
  const admin = separateControl
    ? createRouter({
        ...common,
        rows: [...others, ...(hasOwnApi ? createLoneReportRoutes().map(ofServer) : [])],
        elsewhere: [],
        signpostAt: NO_SIGNPOSTS,
      })
    : undefined;
  return {
    ...createRestDispatch({
      ...setup,
      jobs: hasOwnApi && service.jobs.enabled ? { jobs: service.jobs, clock: setup.clock } : undefined,
      inferences,
      router,
    }),
    adminDispatch: admin?.dispatch,
    routers: admin === undefined ? [router] : [router, admin],
  };
}

/** A dialect as it answers for what is no protocol's: it writes the errors, and whatever its own clients send, keys come as bearer tokens. */
export function withBearerOnly(dialect: Dialect): Dialect {
  return { ...dialect, credentialHeaders: [] };
}

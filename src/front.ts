import { DIALECTS, type Settings } from './config/index.js';
import type { BodyMemory, Clock, DeadlineWatch, EventBus } from './core/index.js';
import type { Identities } from './identities.js';
import { type CreateDialect, createDialectContext, Decoder, loadDialects } from './protocols/index.js';
import { openReloads } from './reloads.js';
import {
  type Addresses,
  assignSockets,
  checkBind,
  createServer,
  type InheritedListeners,
  type Server,
} from './server/index.js';
import type { ServiceLife } from './service/index.js';
import type { InheritedSocket } from './systemd/index.js';
import type { Telemetry } from './telemetry/index.js';
import { VERSION } from './version.js';

/** What the front of a server may be given. */
export interface FrontOverrides {
  /** Protocols to serve in addition to the built-in ones. */
  readonly dialects?: readonly CreateDialect[];
  /** Sockets that listen already, opened by the service manager. */
  readonly inherited?: readonly InheritedSocket[];
}

interface FrontParts {
  readonly life: ServiceLife;
  readonly identities: Identities;
  readonly clock: Clock;
  readonly deadlines: DeadlineWatch;
  readonly bodies: BodyMemory | undefined;
  readonly events: EventBus;
  readonly overrides: FrontOverrides;
  readonly telemetry: Pick<Telemetry, 'render' | 'load' | 'traces'>;
}

/** What clients meet: dialects, credentials and the server that speaks with them. */
export async function createFront(settings: Settings, parts: FrontParts) {
  const { life, identities, clock, deadlines, bodies, events, telemetry } = parts;
  const { service } = life;
  const { metricsPort } = settings.server;
  const decoder = new Decoder(clock);
  const shared = createDialectContext({ service, clock, decoder, options: settings.server });
  const { context, spoken, switchedOff } = await loadDialects(DIALECTS, shared, settings);
  const dialects = [...spoken, ...(parts.overrides.dialects ?? []).map((create) => create(context))];
  const server = createServer({
    options: settings.server,
    inherited: openToCallers(settings, identities, parts.overrides.inherited ?? []),
    dialects,
    switchedOff,
    service,
    authenticate: identities.authenticate,
    authenticateSigner: identities.authenticateSigner,
    vouchFor: identities.vouchFor,
    admit: (call) => service.account.quotas.enter(call),
    events,
    clock,
    deadlines,
    bodies,
    requiresKey: identities.isRequired,
    load: () => telemetry.load(),
    traces: telemetry.traces,
    renderMetrics: settings.telemetry.metrics && metricsPort >= 0 ? () => telemetry.render() : undefined,
    version: VERSION,
  });
  identities.onEnded((principals) => server.endFor(principals));
  const reloads = openReloads(settings, { clock, events, changeSettings: life.changeSettings, server });
  return {
    server,
    dialects,
    reloads,
    async close(gracePeriodMs: number) {
      try {
        await server.close(gracePeriodMs);
        await decoder.close();
      } finally {
        // Until then, a key that is taken away ends what runs for it.
        reloads.close();
      }
    },
  };
}

/** The inherited sockets by their listeners. Throws `failed_precondition` for a socket that anonymous callers could reach without leave. */
function openToCallers(
  { auth: { allowAnonymous }, server }: Settings,
  { isRequired: hasKeys }: Identities,
  sockets: readonly InheritedSocket[],
): InheritedListeners {
  for (const { place } of sockets) if (place.kind === 'port') checkBind(place.host, { hasKeys, allowAnonymous });
  return assignSockets(sockets, server);
}

/** Opens the ports, where callers may reach them. */
export function openPorts(
  server: Pick<Server, 'listen'>,
  { auth: { allowAnonymous }, server: { host } }: Settings,
  { isRequired, readIssuers }: Identities,
): Promise<Addresses> {
  checkBind(host, { hasKeys: isRequired, allowAnonymous });
  readIssuers();
  return server.listen();
}

export type Front = Awaited<ReturnType<typeof createFront>>;

import type { AccessEndpoints } from './access.js';
import type { AuditEndpoints } from './audit.js';
import type { DoctorEndpoints } from './doctor.js';
import type { PathParameter } from './endpoint.js';
import type { EventEndpoints } from './events.js';
import type { JobEndpoints } from './jobs.js';
import type { KeyEndpoints } from './keys.js';
import type { LabelEndpoints } from './labels.js';
import type { ModelEndpoints } from './models.js';
import type { OutcomeEndpoints } from './outcomes.js';
import type { PayloadEndpoints } from './payloads.js';
import type { QuotaEndpoints } from './quotas.js';
import type { ReloadEndpoints } from './reload.js';
import type { RolloutEndpoints } from './rollouts.js';
import type { RouteEndpoints } from './routes.js';
import type { ShadowEndpoints } from './shadows.js';
import type { SloEndpoints } from './slos.js';
import type { UpgradeEndpoints } from './upgrade.js';
import type { UsageEndpoints } from './usage.js';
import type { VersionEndpoints } from './versions.js';

/** The server's own API: each of its routes by method and path below {@link API_PREFIX}. */
export interface ApiEndpoints
  extends AccessEndpoints,
    AuditEndpoints,
    DoctorEndpoints,
    EventEndpoints,
    JobEndpoints,
    KeyEndpoints,
    LabelEndpoints,
    ModelEndpoints,
    OutcomeEndpoints,
    PayloadEndpoints,
    QuotaEndpoints,
    ReloadEndpoints,
    RolloutEndpoints,
    RouteEndpoints,
    ShadowEndpoints,
    SloEndpoints,
    UpgradeEndpoints,
    UsageEndpoints,
    VersionEndpoints {}

/** `GET /keys/{key}` */
export type EndpointName = keyof ApiEndpoints;

/** Where the server's own API is; the version is part of the path. */
export const API_PREFIX = '/millrace/v1';

/** Values of the parameters in a path. */
export type PathParameters<Name extends string> = { readonly [Parameter in PathParameter<Name>]: string };

/** Path and query of a request to an endpoint, percent-encoded: `/millrace/v1/keys/checkout`. What is undefined in the query is left out. */
export function endpointPath<Name extends EndpointName>(
  name: Name,
  parameters: PathParameters<Name>,
  query: object = {},
): string {
  const values: Readonly<Record<string, string>> = parameters;
  const path = pathOf(name).replace(/\{(\w+)\}/g, (_, parameter: string) =>
    encodeURIComponent(values[parameter] ?? ''),
  );
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) if (each !== undefined) search.append(key, String(each));
  }
  return search.size === 0 ? path : `${path}?${search}`;
}

/** The path of an endpoint with its parameters in braces: `/millrace/v1/keys/{key}`. */
export function pathOf(name: string): string {
  return `${API_PREFIX}${name.slice(name.indexOf(' ') + 1)}`;
}

/** The method of an endpoint: `GET`. */
export function methodOf(name: string): 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' {
  // The names are keys of ApiEndpoints, all of which begin with one of these.
  return name.slice(0, name.indexOf(' ')) as ReturnType<typeof methodOf>;
}

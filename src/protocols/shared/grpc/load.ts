import type { Clock, ErrorCode } from '../../../core/index.js';
import type { Service } from '../../../service/index.js';
import { Claims } from '../../claims.js';
import { type Dialect, KEY_HEADERS } from '../../dialect.js';
import type { GrpcMethod } from './method.js';
import { GRPC_STATUS } from './status.js';

/** A method, and what of its dialect the server needs to serve it. */
export interface ServedMethod {
  readonly method: GrpcMethod;
  readonly status: Readonly<Record<ErrorCode, number>>;
  readonly credentialHeaders: Dialect['credentialHeaders'];
  /** Of its dialect; undefined = it is no dialect's. */
  readonly dialectName?: string;
}

export interface GrpcServicesOptions {
  readonly service: Pick<Service, 'server'>;
  readonly clock: Clock;
}

/**
 * Every method that is served over gRPC: those of the dialects, health and reflection. Loaded only by a server that has such a port.
 * Rejects with `failed_precondition` where two dialects claim the same method.
 */
export async function loadGrpcServices(
  dialects: readonly Dialect[],
  { service, clock }: GrpcServicesOptions,
): Promise<readonly ServedMethod[]> {
  const [{ createHealthMethods }, { createReflectionMethods }, ...parts] = await Promise.all([
    import('./health.js'),
    import('./reflection/index.js'),
    ...dialects.map(async (dialect) => ({ dialect, part: await dialect.loadGrpc?.() })),
  ]);
  const served = parts.flatMap(({ dialect, part }) =>
    (part?.methods ?? []).map((method) => ({ method, status: part?.status ?? GRPC_STATUS, dialect })),
  );
  const claims = new Claims();
  for (const { method, dialect } of served) {
    const { path } = method;
    claims.add(path, dialect, (other) => `${path} is claimed by the dialects '${other}' and '${dialect.name}'`);
  }
  const files = () => parts.flatMap(({ part }) => part?.files() ?? []);
  const general = [
    ...createHealthMethods(service, { clock, services: servicesOf(served.map(({ method }) => method)) }),
    ...createReflectionMethods(files),
  ];
  return [
    ...served.map(({ method, status, dialect: { name, credentialHeaders } }) => ({
      method,
      status,
      credentialHeaders,
      dialectName: name,
    })),
    ...general.map((method) => ({ method, status: GRPC_STATUS, credentialHeaders: KEY_HEADERS })),
  ];
}

/** `package.Service` of each. */
function servicesOf(methods: readonly GrpcMethod[]): readonly string[] {
  return [...new Set(methods.map(({ path }) => path.split('/')[1] ?? ''))];
}

import { Type } from '@sinclair/typebox';
import type { Dialect } from './dialect.js';

/** What the settings say of each built-in dialect: whether the server speaks it, and ports of its own. */
export interface SwitchOptions {
  readonly enabled: boolean;
  readonly httpPort: number;
  readonly grpcPort?: number;
}

/** Flags that set the keys of a switch. */
interface SwitchFlags {
  readonly enabled: string;
  readonly httpPort: string;
}

const flagOption = (flag: string | undefined) => (flag === undefined ? {} : { 'x-flag': flag });

const portOption = (what: string, flag?: string) =>
  Type.Integer({
    default: -1,
    minimum: -1,
    maximum: 65_535,
    description: `A port for ${what} alone, besides the shared one; 0 = any free port, -1 = none.`,
    ...flagOption(flag),
  });

/** Of a dialect that is served over HTTP only. */
export const httpSwitch = (title: string, enabled: boolean, flags?: SwitchFlags) => ({
  enabled: Type.Boolean({
    default: enabled,
    description: `Whether the server speaks ${title}.`,
    ...flagOption(flags?.enabled),
  }),
  httpPort: portOption(`${title} over HTTP`, flags?.httpPort),
});

/** Of a dialect that is also served over gRPC. */
export const httpAndGrpcSwitch = (title: string, enabled: boolean) => ({
  ...httpSwitch(title, enabled),
  grpcPort: portOption(`${title} over gRPC`),
});

/** The dialect with the ports of its settings. */
export function withPorts(dialect: Dialect, { httpPort, grpcPort = -1 }: SwitchOptions): Dialect {
  const ports = { ...(httpPort < 0 ? {} : { http: httpPort }), ...(grpcPort < 0 ? {} : { grpc: grpcPort }) };
  return Object.keys(ports).length === 0 ? dialect : { ...dialect, ports };
}

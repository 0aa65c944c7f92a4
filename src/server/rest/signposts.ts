import type { Dialect } from '../../protocols/index.js';
import { createAllowedMethods } from './allowed-methods.js';

/** For who asks a port for what is somewhere else. */
export interface Signpost {
  /** Said behind `no route …`. */
  readonly text: string;
  /** Where browsers are sent. */
  readonly page?: string;
  /** Whose client asks. */
  readonly dialect?: Dialect;
}

export interface SignpostSetup {
  /** undefined = there is none. */
  readonly metricsPort: () => number | undefined;
  readonly switchedOff: readonly Dialect[];
}

export type SignpostAt = (method: string, path: string) => Signpost | undefined;

/** The signpost of a request of the REST port that no route has. */
export function createSignposts({ metricsPort, switchedOff }: SignpostSetup): SignpostAt {
  const sleeping = switchedOff.map((dialect) => {
    const shared = (dialect.shares ?? []).map(({ path }) => ({ method: 'GET', path }));
    return { dialect, methodsAt: createAllowedMethods([...dialect.routes, ...shared]) };
  });
  return (method, path) => {
    const asked = sleeping.find(({ methodsAt }) => methodsAt(path).split(', ').includes(method));
    if (asked !== undefined) {
      const { dialect } = asked;
      return {
        dialect,
        text: `the dialect '${dialect.name}' is off; \`${dialect.name}.enabled: true\` switches it on`,
      };
    }
    if (path === '/') return { text: 'the documentation is at /docs', page: '/docs' };
    const port = path === '/metrics' ? metricsPort() : undefined;
    return port === undefined ? undefined : { text: `metrics are on port ${port}` };
  };
}

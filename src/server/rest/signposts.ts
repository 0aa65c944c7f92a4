import type { Dialect, SwitchedOff } from '../../protocols/index.js';
import { createAllowedMethods } from './route-table.js';

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
  readonly switchedOff: readonly SwitchedOff[];
}

export type SignpostAt = (method: string, path: string) => Promise<Signpost | undefined>;

/** Of a port where nothing is switched off. */
export const NO_SIGNPOSTS: SignpostAt = () => Promise.resolve(undefined);

/** The signpost of a request of the REST port that no route has. */
export function createSignposts({ metricsPort, switchedOff }: SignpostSetup): SignpostAt {
  let loading: Promise<readonly Sleeping[]> | undefined;
  return async (method, path) => {
    loading ??= Promise.all(switchedOff.map(wake)).catch((error) => {
      // It may succeed later: where descriptors ran out, say.
      loading = undefined;
      throw error;
    });
    // Also where a dialect that is off has a route there, whose clients are no browsers.
    const page = path === '/' ? { page: '/docs' } : {};
    const asked = (await loading).find(({ methodsAt }) => methodsAt(path).split(', ').includes(method));
    if (asked !== undefined) {
      const { dialect } = asked;
      return {
        ...page,
        dialect,
        text: `the dialect '${dialect.name}' is off; \`${dialect.name}.enabled: true\` switches it on`,
      };
    }
    if (path === '/') return { ...page, text: 'the documentation is at /docs' };
    const port = path === '/metrics' ? metricsPort() : undefined;
    return port === undefined ? undefined : { text: `metrics are on port ${port}` };
  };
}

/** What a dialect that is off would answer. */
interface Sleeping {
  readonly dialect: Dialect;
  readonly methodsAt: ReturnType<typeof createAllowedMethods>;
}

async function wake({ load }: SwitchedOff): Promise<Sleeping> {
  const dialect = await load();
  const shared = (dialect.shares ?? []).map(({ path }) => ({ method: 'GET', path }));
  return { dialect, methodsAt: createAllowedMethods([...dialect.routes, ...shared]) };
}

/** For who asks a port for what is somewhere else. */
export interface Signpost {
  /** Said behind `no route …`. */
  readonly text: string;
  /** Where browsers are sent. */
  readonly page?: string;
}

/** The signpost at a path of the REST port. `metricsPort`: undefined = there is none. */
export function createSignposts(metricsPort: () => number | undefined): (path: string) => Signpost | undefined {
  return (path) => {
    if (path === '/') return { text: 'the documentation is at /docs', page: '/docs' };
    const port = path === '/metrics' ? metricsPort() : undefined;
    return port === undefined ? undefined : { text: `metrics are on port ${port}` };
  };
}

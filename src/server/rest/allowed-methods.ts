interface Pattern {
  readonly method: string;
  readonly path: string;
}

/** Tells which methods a path would answer to, for 405 and its `Allow` header; '' when no route has it. */
export function createAllowedMethods(routes: readonly Pattern[]): (path: string) => string {
  const patterns = routes.map(({ method, path }) => ({
    method,
    // Paths hold letters, digits, `_`, `-` and `.` besides slashes and parameters.
    expression: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
  }));
  return (path) => {
    const methods = new Set(patterns.filter(({ expression }) => expression.test(path)).map(({ method }) => method));
    if (methods.has('GET')) methods.add('HEAD');
    return [...methods].sort().join(', ');
  };
}

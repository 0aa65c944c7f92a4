/**
 * Advisories of an `npm audit --json` that concern users, a line each: for packages of the lock file that are not installed for
 * development only, and for those that are copied into the package.
 */
export function shippedAdvisories({ vulnerabilities }, { packages, copied }) {
  return Object.values(vulnerabilities)
    .filter(({ name, nodes }) => copied.includes(name) || nodes.some((node) => packages[node]?.dev !== true))
    .flatMap(({ name, via }) =>
      via
        .filter((cause) => typeof cause === 'object')
        .map(({ title, severity, range, url }) => `${name} ${range}: ${title} (${severity}) ${url}`),
    );
}

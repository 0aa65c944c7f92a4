interface Advisory {
  readonly title: string;
  readonly severity: string;
  readonly range: string;
  readonly url: string;
}

interface Vulnerability {
  readonly name: string;
  /** Advisories, and names of packages through which it has others. */
  readonly via: readonly (Advisory | string)[];
  /** Where it is installed: keys of the lock file's `packages`. */
  readonly nodes: readonly string[];
}

/** Advisories of an `npm audit --json` that concern users, a line each. */
export function shippedAdvisories(
  report: { readonly vulnerabilities: Readonly<Record<string, Vulnerability>> },
  shipped: {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
    /** Development dependencies that the package carries copies of. */
    readonly copied: readonly string[];
  },
): readonly string[];

/** How bad it is; from the worst. A note is worth knowing, and nothing has to be done. */
export const FINDING_LEVELS = ['error', 'warning', 'note'] as const;
export type FindingLevel = (typeof FINDING_LEVELS)[number];

/** Something about a server that somebody should correct or know. No secret is in it. */
export interface Finding {
  /** Of its kind: `no-tls`. */
  readonly id: string;
  readonly level: FindingLevel;
  /** A sentence for people, without a full stop. */
  readonly what: string;
  /** A key of the settings, a file, a key by its name, an address. */
  readonly where: string;
  /** Where that is written: `millrace.yaml:4:3`, a variable or a flag; '' where it is no key of the settings, or nobody wrote it. */
  readonly place: string;
  /** A line to copy: for `millrace.yaml`, or for a shell. */
  readonly fix: { readonly kind: 'setting' | 'command'; readonly line: string };
}

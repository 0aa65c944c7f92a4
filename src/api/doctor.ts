/** A finding about the server: an error, a risk or a hint. */
export interface Finding {
  /** Of its kind: `no-tls`. */
  readonly id: string;
  readonly level: 'error' | 'warning' | 'note';
  /** A sentence. */
  readonly what: string;
  /** A key of the settings, a file, a key by its name. */
  readonly where: string;
  /** Where that is written: `millrace.yaml:4:3`; '' = it is not written anywhere. */
  readonly place: string;
  readonly fix: {
    readonly kind: 'setting' | 'command';
    /** For `millrace.yaml`, or for a shell on the machine of the server. */
    readonly line: string;
  };
}

export interface Examination {
  /** Of the server. */
  readonly version: string;
  /** The worst first. */
  readonly findings: readonly Finding[];
}

export interface DoctorEndpoints {
  'GET /doctor': { readonly answer: Examination };
}

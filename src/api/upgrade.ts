/** The process that serves since an upgrade. */
export interface Upgrade {
  readonly pid: number;
  /** Of millrace. */
  readonly version: string;
}

export interface UpgradeEndpoints {
  'POST /upgrade': { readonly answer: Upgrade };
}

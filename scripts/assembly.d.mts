export declare const ASSEMBLY: {
  /** Paths in the repository. */
  readonly source: string;
  readonly target: string;
};

/** The text of the target, compiled from the source. Throws what the compiler says. */
export function compileAssembly(): Promise<string>;

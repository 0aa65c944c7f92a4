/** What a client does. */
export type ClientStep =
  /** Bytes arrive, and no others with them; each character is one. */
  | { readonly send: string }
  /** The client says that it sends no more, or resets the connection, or reads nothing for a while. */
  | { readonly client: 'ends' | 'resets' | 'pauses' | 'resumes' };

/** What happens on one connection, one thing after the other. Each waits until the server has done all it can do with the one before. */
export type Step =
  | ClientStep
  /** All of it at once. */
  | { readonly together: readonly ClientStep[] }
  /** So much time passes. */
  | { readonly passMs: number }
  /** The n-th answer that the model `held` holds back is given, or all: now, or as soon as it is asked for. */
  | { readonly answer: number | 'all' };

/** The kinds of server that there are a pair of: see `stages.ts`. */
export type StageName = 'open' | 'strict' | 'late' | 'tls';

/** One connection, as plain JSON. At its end all answers are given, and the client ends. */
export interface Script {
  readonly stage: StageName;
  readonly steps: readonly Step[];
}

/** Whether the client says before the last step that it sends no more. */
export function ends(script: Script): boolean {
  return has(script, 'ends');
}

/** Whether the client resets the connection. */
export function resets(script: Script): boolean {
  return has(script, 'resets');
}

/** What of a step is the client's. */
export function clientStepsOf(step: Step): readonly ClientStep[] {
  if ('together' in step) return step.together;
  return 'send' in step || 'client' in step ? [step] : [];
}

function has({ steps }: Script, what: string): boolean {
  return steps.flatMap(clientStepsOf).some((step) => 'client' in step && step.client === what);
}

import { createMillrace, type Millrace } from 'millrace';

const kept = globalThis as { millrace?: Promise<Millrace> };

/** The server in this process. A development server loads this module again on every change, and must not start another one. */
export function getMillrace(): Promise<Millrace> {
  kept.millrace ??= createMillrace({
    settings: { repository: { paths: [process.env.MILLRACE_MODELS ?? './models'] }, auth: { allowAnonymous: true } },
  });
  return kept.millrace;
}

import type { Identity } from './policy.js';

/** Kinds of callers whose name begins with their kind; keys have plain names. */
const KINDS = ['oidc', 'cert', 'app'] as const;
const PRINCIPAL = new RegExp(`^(?:${['key', ...KINDS].join('|')}):.`);

/** Whether a text names a principal as bindings do: `key:ci`, `oidc:<issuer>/<subject>`, `cert:<name>`, `app:<name>`. */
export function isWrittenPrincipal(text: string): boolean {
  return PRINCIPAL.test(text);
}

/** The identity that a text names as bindings do; of a key, with `key:` or without, its plain name. */
export function readWrittenPrincipal(text: string, groups: readonly string[]): Identity | string {
  for (const kind of KINDS) if (text.startsWith(`${kind}:`)) return { kind, name: text, groups };
  return text.startsWith('key:') ? text.slice('key:'.length) : text;
}

import { parsePatterns } from '../../text/index.js';
import { isWrittenPrincipal } from '../access/written-principal.js';
import type { Caller } from './scope.js';

/** Callers as settings write them: the pattern of a principal, and that of a group which it has to have. */
export interface WrittenCaller {
  readonly principal: string;
  readonly group?: string | undefined;
}

/** Whether a caller is one of those that are written. */
export function createCallerMatch({ principal, group }: WrittenCaller): (caller: Caller) => boolean {
  const isPrincipal = parsePatterns([principal]).matches;
  const isGroup = group === undefined ? undefined : parsePatterns([group]).matches;
  return ({ id, groups }) => isPrincipal(id) && (isGroup === undefined || groups.some(isGroup));
}

const ANY_PRINCIPAL = /^(?:\*|anonymous$)/;

/** Why a text is no pattern of principals; undefined = it is one. */
export function checkWrittenCaller(principal: string): string | undefined {
  if (ANY_PRINCIPAL.test(principal) || isWrittenPrincipal(principal)) return undefined;
  return `expected key:<name>, oidc:<issuer>/<subject>, cert:<name>, app:<name>, anonymous or *, got '${principal}'`;
}

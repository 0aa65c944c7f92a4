import type { Principal } from '../../core/index.js';
import { ANONYMOUS, admit } from '../../governance/index.js';
import { storedName } from '../../metering/index.js';
import type { UsageGroupBy, UsageQuery, UsageSum } from '../../store/index.js';

/** The part of the usage that a caller may see. */
export interface UsageView extends Pick<UsageQuery, 'principal'> {
  /** The dimensions needed to decide that. */
  readonly needs: readonly UsageGroupBy[];
  sees(sum: UsageSum): boolean;
}

/**
 * All of it, or that of the models that the right is on, and of the principal itself. `permission_denied` for those without any right whom
 * nobody can tell apart.
 */
export function viewOf(principal: Principal): UsageView {
  const { rights } = principal;
  const name = storedName(principal.name);
  if (rights.allow('usage.read', '*')) return { principal: undefined, needs: [], sees: () => true };
  if (rights.allow('usage.read', '')) {
    return {
      principal: undefined,
      needs: ['principal', 'model'],
      sees: ({ principal: who, model = '' }) => who === name || (model !== '' && rights.allow('usage.read', model)),
    };
  }
  if (principal.name === ANONYMOUS.name) admit(principal, 'usage.read', '');
  return { principal: name, needs: [], sees: () => true };
}

import type { FairItem } from '../../src/core/index.js';

/** A request of a fair list, and nothing more. */
export interface TestItem extends FairItem<TestItem> {}

let lastId = 0;

/** Behind those made before it: of the tenant `a`, alone in its row. */
export function fairItem(fields: Partial<TestItem> = {}): TestItem {
  return { callId: ++lastId, tenant: 'a', weight: 1, charge: 1, before: undefined, behind: undefined, ...fields };
}

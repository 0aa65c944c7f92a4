import { describe, expect, it } from 'vitest';
import { version } from '../../../test/support/infer-fixture.js';
import { NO_ALIASES } from '../../../test/support/no-aliases.js';
import { createRoutes } from '../../routing/index.js';
import { sayMisfit } from './label-users.js';
import type { LabelDifference } from './types.js';

/** Version 3 answers otherwise than the others. */
const SERVING = [version(1, 1), version(2, 1), version(3, 1, { decoupled: true }), version(4, 1, { decoupled: true })];
const WHY = 'one of the two may give several answers to a request';

function misfit(arms: readonly object[], changes: readonly LabelDifference[], labels: Record<string, number>) {
  const live = { arms: arms.map((arm) => ({ model: 'm', weight: 1, ...arm })), rules: [], fallback: [] };
  const { routes } = createRoutes({ live });
  const lookup = {
    engine: { serving: (name: string) => (name === 'm' ? SERVING : []), statusesOf: () => [] },
    labels: { of: () => new Map(Object.entries(labels)) },
    aliases: NO_ALIASES,
    unselected: () => [],
    starting: () => false,
  };
  const table = { all: () => routes.map((route) => ({ route })) };
  return sayMisfit({ routes: table as never, lookup }, 'm', changes);
}

describe('a label that an arm of a route uses', () => {
  const both = [{ label: 'stable' }, { label: 'canary' }];

  it('moves to no version that does not fit the other arms', () => {
    const labels = { stable: 1, canary: 2 };
    expect(misfit(both, [{ label: 'canary', version: 3 }], labels)).toBe(
      `labels of model 'm' cannot be moved so: routes.live.arms[1] would be other than m/1, ${WHY}`,
    );
    expect(misfit(both, [{ label: 'canary', version: 1 }], labels)).toBeUndefined();
    expect(misfit([{}, { version: 1 }], [{ label: 'stable', version: 4 }], { stable: 2 })).toBe(
      `labels of model 'm' cannot be moved so: routes.live.arms[1] would be other than m/4, ${WHY}`,
    );
  });

  it('moves together with those of the other arms', () => {
    const changes = [
      { label: 'stable', version: 3 },
      { label: 'canary', version: 4 },
    ];
    expect(misfit(both, changes, { stable: 1, canary: 2 })).toBeUndefined();
  });

  it('moves where the arms do not fit each other already, where there is no other arm, and where none uses it', () => {
    expect(misfit(both, [{ label: 'canary', version: 4 }], { stable: 1, canary: 3 })).toBeUndefined();
    expect(misfit([{ label: 'stable' }], [{ label: 'stable', version: 3 }], { stable: 1 })).toBeUndefined();
    expect(misfit([{ version: 1 }, { version: 2 }], [{ label: 'stable', version: 3 }], { stable: 1 })).toBeUndefined();
  });
});

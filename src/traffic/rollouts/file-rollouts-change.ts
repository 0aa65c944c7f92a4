import { isDeepStrictEqual } from 'node:util';
import type { PrepareChange } from '../../governance/index.js';
import type { FileRollouts } from './file-rollouts.js';
import type { RolloutsOptions } from './options.js';
import type { WrittenRollouts } from './types.js';

/** Rollouts of a changed settings file: it has been checked as a whole. */
export function fileRolloutsChange(
  fileRollouts: FileRollouts,
  onChanged: () => void,
): PrepareChange<{ readonly rollouts: WrittenRollouts }> {
  return ({ rollouts: next }) => {
    if (next === undefined) return undefined;
    const { configs: before } = fileRollouts;
    const differing = [...new Set([...Object.keys(before), ...Object.keys(next.configs)])].filter(
      (model) => !isDeepStrictEqual(before[model], next.configs[model]),
    );
    if (differing.length === 0) return { settings: [], apply: () => fileRollouts.replace(next) };
    return {
      settings: ['rollouts'],
      audit: {
        action: 'rollouts.apply',
        resource: differing.join(' '),
        right: 'rollout.change',
        on: differing,
        before: only(before, differing),
        after: only(next.configs, differing),
      },
      apply: () => {
        fileRollouts.replace(next);
        onChanged();
      },
    };
  };
}

function only(configs: RolloutsOptions, models: readonly string[]): RolloutsOptions {
  return Object.fromEntries(models.flatMap((model) => (configs[model] === undefined ? [] : [[model, configs[model]]])));
}

import type { KeyParts } from '../../account/index.js';
import type { CallContext } from '../../core/index.js';
import type { Audited, PrepareChange, PreparedChange } from '../../governance/index.js';
import type { LiveSettings } from './types.js';

/**
 * Puts settings of a changed file in force: all that it says, or nothing. Resolves with the paths of those that differ. Rejects with
 * `invalid_argument` or `failed_precondition` where they must not take effect, and `unavailable` where the change cannot be recorded or checked.
 */
export type ChangeSettings = (
  call: CallContext,
  next: Partial<LiveSettings>,
  file: string,
) => Promise<readonly string[]>;

interface SettingsChangeSetup {
  readonly kinds: readonly PrepareChange<LiveSettings>[];
  readonly keys: Pick<KeyParts, 'changes' | 'stored'>;
  readonly audited: Audited;
}

export function createSettingsChange({ kinds, keys, audited }: SettingsChangeSetup): ChangeSettings {
  const takeEffect = async (changes: readonly PreparedChange[]): Promise<void> => {
    const apply = () => {
      for (const { check } of changes) check?.();
      for (const change of changes) change.apply();
    };
    if (changes.every(({ check }) => check === undefined)) return apply();
    await keys.changes.alone(async () => {
      await keys.stored.load();
      apply();
    });
  };
  return async (call, next, file) => {
    const prepared = await Promise.all(kinds.map((prepare) => prepare(next, file)));
    const changes = prepared.filter((change) => change !== undefined);
    // Each is recorded before any takes effect.
    const recorded = changes.reduce(
      (work, { audit }) => {
        if (audit === undefined) return work;
        const { before, after, ...subject } = audit;
        return () => audited(call, { ...subject, changeOf: () => ({ before, after }) }, work);
      },
      () => takeEffect(changes),
    );
    await recorded();
    return changes.flatMap(({ settings }) => settings);
  };
}

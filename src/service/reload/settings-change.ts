import type { Call } from '../../core/index.js';
import type { Audited, Subject } from '../audit.js';
import type { KeyParts } from '../keys/key-holders.js';
import type { LiveSettings } from './types.js';

/** A change of one kind of settings, ready to take effect. */
export interface PreparedChange {
  /** Paths of the settings that change; none where only the places in the file moved. */
  readonly settings: readonly string[];
  /** What the audit trail records, and the values before and after. */
  readonly audit?: Subject & { readonly before: unknown; readonly after: unknown };
  /** Throws `failed_precondition` where the change must not take effect; called right before, once the API keys are known. */
  readonly check?: () => void;
  readonly apply: () => void;
}

/** Checks what a file says of one kind of settings; undefined = it is in force already. Rejects with `invalid_argument`. */
export type PrepareChange = (
  next: Partial<LiveSettings>,
  file: string,
) => PreparedChange | undefined | Promise<PreparedChange | undefined>;

/**
 * Puts settings of a changed file in force: all that it says, or nothing. Resolves with the paths of those that differ. Rejects with
 * `invalid_argument` or `failed_precondition` where they must not take effect, and `unavailable` where the change cannot be recorded or checked.
 */
export type ChangeSettings = (call: Call, next: Partial<LiveSettings>, file: string) => Promise<readonly string[]>;

interface SettingsChangeSetup {
  readonly kinds: readonly PrepareChange[];
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

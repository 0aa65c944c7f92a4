/** The tables as kysely sees them; JSON is text. `migrations.ts` makes them. */
export interface Tables {
  declarations: DeclarationRow;
  rollouts: RolloutRow;
  rolloutDecisions: RolloutDecisionRow;
  snapshots: SnapshotRow;
}

/** Every change, of which the newest is in force. */
interface DeclarationRow {
  kind: string;
  name: string;
  revision: number;
  /** null = removed. */
  value: string | null;
  changedAtMs: number;
  changedBy: string;
}

interface RolloutRow {
  id: string;
  model: string;
  plan: string;
  state: string;
  /** 0 or 1. */
  isOver: number;
  startedAtMs: number;
  startedBy: string;
}

interface RolloutDecisionRow {
  rolloutId: string;
  /** From 1. */
  number: number;
  atMs: number;
  by: string;
  action: string;
  reason: string;
  numbers: string;
}

interface SnapshotRow {
  kind: string;
  name: string;
  value: string;
}

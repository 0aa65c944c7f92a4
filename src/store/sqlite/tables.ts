import type { UsageCounts } from '../usage.js';
import type { Generated } from './kysely.js';

/** The tables as kysely sees them; JSON is text. `migrations.ts` makes them. */
export interface Tables {
  declarations: DeclarationRow;
  rollouts: RolloutRow;
  rolloutDecisions: RolloutDecisionRow;
  snapshots: SnapshotRow;
  answers: AnswerRow;
  armOutcomes: ArmOutcomesRow;
  apiKeys: ApiKeyRow;
  usageSeries: UsageSeriesRow;
  usageHours: UsageRow;
  usageDays: UsageRow;
  usageWriter: UsageWriterRow;
  changes: ChangeRow;
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

interface AnswerRow {
  /** In the order in which they were noted. */
  id: Generated<number>;
  principal: string;
  ownerId: string | null;
  requestId: string;
  route: string;
  arm: string;
  model: string;
  version: number;
  share: number | null;
  /** null = the request was dealt for itself. */
  key: number | null;
  answeredAtMs: number;
  expiresAtMs: number;
  kind: 'binary' | 'label' | 'number';
  low: number;
  high: number;
  better: 'higher' | 'lower';
  missing: number | null;
  answeredClass: string | null;
  /** null = nothing has been told of it. */
  value: number | null;
}

interface ArmOutcomesRow {
  route: string;
  arm: string;
  model: string;
  version: number;
  kind: 'binary' | 'label' | 'number';
  better: 'higher' | 'lower';
  answers: number;
  outcomes: number;
  mean: number;
  squares: number;
  changedAtMs: number;
}

export interface ApiKeyRow {
  id: string;
  name: string;
  owner: string;
  grants: string;
  groups: string;
  digest: string;
  createdAtMs: number;
  createdBy: string;
  expiresAtMs: number | null;
  rotatedAtMs: number | null;
  previousDigest: string | null;
  previousEndsAtMs: number | null;
  revokedAtMs: number | null;
  revokedBy: string | null;
  lastUsedAtMs: number | null;
}

interface UsageSeriesRow {
  id: Generated<number>;
  principal: string;
  /** A JSON list of names. */
  groups: string;
  model: string;
  version: number;
  route: string;
  arm: string;
  price: string;
}

/** Of an hour or a day. */
interface UsageRow extends UsageCounts {
  /** When that began. */
  atMs: number;
  series: number;
}

/** A declaration or a key that was changed; triggers write it. */
interface ChangeRow {
  /** Grows with each change. */
  number: Generated<number>;
  /** Of the declaration, or `key`. */
  kind: string;
  /** Of the declaration, or id of the key. */
  name: string;
}

/** One row: who has written last, and its last batch. */
interface UsageWriterRow {
  id: number;
  writer: string;
  batch: number;
}

import { FILES_AND_BATCHES } from './files-migration.js';

/** All but when a key was used last, which changes too often to be followed. */
const KEY_COLUMNS =
  'name, owner, grants, groups, digest, created_at_ms, created_by, expires_at_ms, rotated_at_ms, previous_digest, ' +
  'previous_ends_at_ms, revoked_at_ms, revoked_by';

/**
 * What makes the tables: each element is one migration, the schema is the number of those that have been done (`user_version` of the
 * file). They are never changed once released, only followed by others.
 */
export const MIGRATIONS: readonly string[] = [
  `
  create table declarations (
    kind text not null,
    name text not null,
    revision integer not null,
    value text,
    changed_at_ms integer not null,
    changed_by text not null,
    primary key (kind, name, revision)
  ) strict, without rowid;

  create table rollouts (
    id text not null primary key,
    model text not null,
    plan text not null,
    state text not null,
    is_over integer not null,
    started_at_ms integer not null,
    started_by text not null
  ) strict, without rowid;
  create index rollouts_of_model on rollouts (model, started_at_ms);
  create unique index open_rollout_of_model on rollouts (model) where is_over = 0;

  create table rollout_decisions (
    rollout_id text not null references rollouts (id) on delete cascade,
    number integer not null,
    at_ms integer not null,
    "by" text not null,
    action text not null,
    reason text not null,
    numbers text not null,
    primary key (rollout_id, number)
  ) strict, without rowid;

  create table snapshots (
    kind text not null,
    name text not null,
    value text not null,
    primary key (kind, name)
  ) strict, without rowid;
  `,
  `
  create table answers (
    id integer primary key autoincrement,
    principal text not null,
    request_id text not null,
    route text not null,
    arm text not null,
    model text not null,
    version integer not null,
    share real,
    answered_at_ms integer not null,
    expires_at_ms integer not null,
    kind text not null,
    low real not null,
    high real not null,
    better text not null,
    missing real,
    answered_class text,
    value real,
    unique (principal, request_id)
  ) strict;
  create index answers_by_expiry on answers (expires_at_ms);

  create table arm_outcomes (
    route text not null,
    arm text not null,
    model text not null,
    version integer not null,
    kind text not null,
    better text not null,
    answers integer not null,
    outcomes integer not null,
    mean real not null,
    squares real not null,
    changed_at_ms integer not null,
    primary key (route, arm, model, version, kind, better)
  ) strict, without rowid;
  `,
  `
  create table api_keys (
    id text not null primary key,
    name text not null,
    owner text not null,
    grants text not null,
    groups text not null,
    digest text not null,
    created_at_ms integer not null,
    created_by text not null,
    expires_at_ms integer,
    rotated_at_ms integer,
    previous_digest text,
    previous_ends_at_ms integer,
    revoked_at_ms integer,
    revoked_by text,
    last_used_at_ms integer
  ) strict, without rowid;
  create unique index api_keys_by_name on api_keys (name) where revoked_at_ms is null;
  create index revoked_api_keys on api_keys (revoked_at_ms) where revoked_at_ms is not null;
  `,
  `
  create table usage_series (
    id integer primary key,
    principal text not null,
    groups text not null,
    model text not null,
    version integer not null,
    route text not null,
    arm text not null,
    price text not null,
    unique (principal, groups, model, version, route, arm, price)
  ) strict;

  create table usage_hours (
    at_ms integer not null,
    series integer not null,
    answered integer not null,
    refused integer not null,
    failed integer not null,
    cancelled integer not null,
    rows integer not null,
    prompt_tokens integer not null,
    cached_tokens integer not null,
    completion_tokens integer not null,
    request_bytes integer not null,
    response_bytes integer not null,
    compute_us integer not null,
    primary key (at_ms, series)
  ) strict, without rowid;

  create table usage_days (
    at_ms integer not null,
    series integer not null,
    answered integer not null,
    refused integer not null,
    failed integer not null,
    cancelled integer not null,
    rows integer not null,
    prompt_tokens integer not null,
    cached_tokens integer not null,
    completion_tokens integer not null,
    request_bytes integer not null,
    response_bytes integer not null,
    compute_us integer not null,
    primary key (at_ms, series)
  ) strict, without rowid;
  create index usage_days_of_series on usage_days (series);

  create table usage_writer (
    id integer primary key check (id = 1),
    writer text not null,
    batch integer not null
  ) strict;
  `,
  'alter table answers add column key integer',
  `
  create table changes (
    number integer primary key autoincrement,
    kind text not null,
    name text not null,
    unique (name, kind)
  ) strict;
  ${noting('declaration_written', { after: 'insert on declarations', kind: 'new.kind', name: 'new.name' })}
  ${noting('key_made', { after: 'insert on api_keys', kind: "'key'", name: 'new.id' })}
  ${noting('key_removed', { after: 'delete on api_keys', kind: "'key'", name: 'old.id' })}
  ${noting('key_changed', { after: `update of ${KEY_COLUMNS} on api_keys`, kind: "'key'", name: 'new.id' })}
  `,
  'alter table answers add column owner_id text',
  `
  create table jobs (
    number integer primary key autoincrement,
    id text not null unique,
    model text not null,
    owner text not null,
    priority text not null,
    principal text not null,
    identity text not null,
    dialect text not null,
    method text not null,
    url text not null,
    request_headers text not null,
    created_at_ms integer not null,
    not_before_ms integer not null,
    is_delayed integer not null,
    deadline_ms integer not null,
    keep_ms integer not null,
    state text not null default 'queued',
    attempts integer not null default 0,
    started_at_ms integer,
    ended_at_ms integer,
    remove_at_ms integer,
    error_code text,
    error_message text,
    request_bytes integer not null,
    answer_bytes integer not null default 0,
    answer_status integer,
    answer_headers text,
    body_file text,
    answer_file text,
    body blob,
    answer blob
  ) strict;
  create index jobs_of_owner on jobs (owner, number, state, model, request_bytes, answer_bytes);
  create index jobs_of_model on jobs (model, number, state);
  create index jobs_of_state on jobs (state);
  create index jobs_queued on jobs (model, owner, priority, is_delayed) where state = 'queued';
  create index jobs_delayed on jobs (model, owner, priority, not_before_ms) where state = 'queued' and is_delayed = 1;
  create index jobs_delayed_by_time on jobs (not_before_ms) where state = 'queued' and is_delayed = 1;
  create index jobs_by_deadline on jobs (deadline_ms) where state = 'queued';
  create index jobs_by_removal on jobs (remove_at_ms) where remove_at_ms is not null;
  create index jobs_by_body_file on jobs (body_file) where body_file is not null;
  create index jobs_by_answer_file on jobs (answer_file) where answer_file is not null;

  create table job_keys (
    owner text not null,
    route text not null,
    key text not null,
    digest text not null,
    job_id text not null,
    expires_at_ms integer not null,
    primary key (owner, route, key)
  ) strict, without rowid;
  create index job_keys_by_expiry on job_keys (expires_at_ms);
  `,
  FILES_AND_BATCHES,
  `
  alter table jobs add column version integer not null default 0;

  create table job_webhooks (
    job_number integer primary key references jobs (number) on delete cascade,
    owner text not null,
    host text not null,
    url text not null,
    format text not null,
    includes_answer integer not null,
    max_age_ms integer not null,
    state text not null default 'waiting',
    attempts integer not null default 0,
    due_at_ms integer,
    status integer,
    error text
  ) strict;
  create index job_webhooks_pending on job_webhooks (owner, host, due_at_ms) where state = 'pending';
  `,
  `
  alter table jobs add column objects text;
  alter table jobs add column run_timeout_ms integer;
  `,
  `
  alter table batches add column input_copy text;
  create index batches_by_input_copy on batches (input_copy) where input_copy is not null;
  `,
];

/** The schema from which on `changes` says what was written last. */
export const NOTING_SCHEMA = 6;
/** Changes that are noted, as migration 6 says; a process that is behind by more reads everything. */
export const NOTED_CHANGES = 100_000;

/** A trigger of migration 6: notes what was changed in its transaction, by whichever program; each thing once, with the number of its last change. */
function noting(trigger: string, { after, kind, name }: Readonly<Record<'after' | 'kind' | 'name', string>>): string {
  return `
  create trigger ${trigger} after ${after} begin
    delete from changes where kind = ${kind} and name = ${name};
    insert into changes (kind, name) values (${kind}, ${name});
    delete from changes where number <= (select max(number) from changes) - 100000;
  end;`;
}

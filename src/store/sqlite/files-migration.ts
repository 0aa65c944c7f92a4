/** Migration 9: files of callers, uploads in parts, and batches. */
export const FILES_AND_BATCHES = `
  create table files (
    number integer primary key autoincrement,
    id text not null unique,
    owner text not null,
    principal text not null,
    purpose text not null,
    name text not null,
    size_bytes integer not null,
    content text not null unique,
    created_at_ms integer not null,
    expires_at_ms integer not null
  ) strict;
  create index files_of_owner on files (owner, number, purpose);
  create index files_by_expiry on files (expires_at_ms);

  create table uploads (
    number integer primary key autoincrement,
    id text not null unique,
    owner text not null,
    principal text not null,
    purpose text not null,
    name text not null,
    size_bytes integer not null,
    media_type text not null,
    keep_ms integer not null,
    created_at_ms integer not null,
    expires_at_ms integer not null,
    state text not null
  ) strict;
  create index uploads_by_expiry on uploads (expires_at_ms);

  create table upload_parts (
    number integer primary key autoincrement,
    id text not null unique,
    upload text not null references uploads (id) on delete cascade,
    owner text not null,
    size_bytes integer not null,
    content text not null unique,
    created_at_ms integer not null
  ) strict;
  create index upload_parts_of_upload on upload_parts (upload);

  create table batches (
    number integer primary key autoincrement,
    id text not null unique,
    owner text not null,
    input_file text not null,
    is_open integer not null,
    remove_at_ms integer,
    output_content text,
    error_content text,
    value text not null
  ) strict;
  create index batches_of_owner on batches (owner, number);
  create index batches_open on batches (number) where is_open = 1;
  create index batches_of_open_file on batches (input_file) where is_open = 1;
  create index batches_by_removal on batches (remove_at_ms) where remove_at_ms is not null;
  create index batches_by_output on batches (output_content) where output_content is not null;
  create index batches_by_error on batches (error_content) where error_content is not null;
  `;

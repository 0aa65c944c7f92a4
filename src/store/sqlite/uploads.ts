import type { NewFile, NewUpload, UploadPart, UploadRecord } from '../files.js';
import { FILES_SCHEMA, insertFile, type RemovedContents } from './files.js';
import { reading, writing } from './operation.js';
import { scrubAround } from './scrub.js';
import type { Session } from './session.js';

/** Uploads that one step removes. */
const MAX_PRUNED = 100;

export const createUpload = writing<NewUpload, void>(async (session, upload) => {
  const { id, owner, principal, purpose, name, sizeBytes, mediaType, keepMs, createdAtMs, expiresAtMs } = upload;
  const values = [id, owner, principal, purpose, name, sizeBytes, mediaType, keepMs, createdAtMs, expiresAtMs];
  session.statement(INSERT).run(values);
});

export const getUpload = reading<string, UploadRecord | undefined>(
  async (session, id) => session.statement(SELECT).all([id])[0] as UploadRecord | undefined,
  FILES_SCHEMA,
);

export const addUploadPart = writing<
  { readonly part: UploadPart; readonly maxParts: number },
  'added' | 'full' | 'closed'
>(async (session, { part, maxParts }) => {
  if (!isPending(session, part.upload)) return 'closed';
  if (partsOf(session, part.upload).length >= maxParts) return 'full';
  const { id, upload, owner, sizeBytes, content, createdAtMs } = part;
  session.statement(INSERT_PART).run([id, upload, owner, sizeBytes, content, createdAtMs]);
  return 'added';
});

export const uploadParts = reading<string, readonly UploadPart[]>(
  async (session, upload) => partsOf(session, upload),
  FILES_SCHEMA,
);

/** What a change of an upload has removed; undefined = the upload has ended. */
type Ended = Pick<RemovedContents, 'contents'> | undefined;

export const completeUpload = writing<{ readonly id: string; readonly file: NewFile }, Ended>(
  async (session, { id, file }) => {
    const ended = end(session, id, 'completed');
    if (ended !== undefined) insertFile(session, file);
    return ended;
  },
);

export const cancelUpload = writing<string, Ended>(async (session, id) => end(session, id, 'cancelled'));

export const pruneUploads = writing<number, RemovedContents>(async (session, nowMs) => {
  const uploads = session.statement(EXPIRED).all([nowMs]) as readonly {
    readonly id: string;
    readonly number: number;
  }[];
  const parts = uploads.flatMap(({ id }) => removeParts(session, id));
  for (const { number } of uploads) {
    session.statement('delete from uploads where number = ?').run([number]);
    scrubAround(session, 'uploads', number);
  }
  return {
    released: parts.map(({ owner, sizeBytes }) => ({ owner, files: 0, bytes: sizeBytes })),
    contents: parts.map(({ content }) => content),
    hasMore: uploads.length === MAX_PRUNED,
  };
});

function end(session: Session, id: string, state: 'completed' | 'cancelled'): Ended {
  if (!isPending(session, id)) return undefined;
  session.statement('update uploads set state = ? where id = ?').run([state, id]);
  return { contents: removeParts(session, id).map(({ content }) => content) };
}

function isPending(session: Session, id: string): boolean {
  return session.statement("select 1 from uploads where id = ? and state = 'pending'").all([id]).length > 0;
}

function partsOf(session: Session, upload: string): readonly UploadPart[] {
  return session.statement(PARTS).all([upload]) as readonly UploadPart[];
}

function removeParts(session: Session, upload: string): readonly UploadPart[] {
  const parts = partsOf(session, upload);
  session.statement('delete from upload_parts where upload = ?').run([upload]);
  return parts;
}

const INSERT = `
  insert into uploads (id, owner, principal, purpose, name, size_bytes, media_type, keep_ms, created_at_ms, expires_at_ms, state)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending')`;
const SELECT = `
  select id, owner, principal, purpose, name, size_bytes as sizeBytes, media_type as mediaType, keep_ms as keepMs,
    created_at_ms as createdAtMs, expires_at_ms as expiresAtMs, state
  from uploads where id = ?`;
const INSERT_PART = `
  insert into upload_parts (id, upload, owner, size_bytes, content, created_at_ms) values (?, ?, ?, ?, ?, ?)`;
const PARTS = `
  select id, upload, owner, size_bytes as sizeBytes, content, created_at_ms as createdAtMs from upload_parts where upload = ?
  order by number`;
const EXPIRED = `select id, number from uploads where expires_at_ms <= ? order by expires_at_ms limit ${MAX_PRUNED}`;

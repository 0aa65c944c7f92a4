import { MillraceError } from '../../core/index.js';
import { didYouMean } from '../../text/index.js';
import { EntryGuard } from '../archive/entry-guard.js';
import { type Digest, parseDigest } from '../digest.js';
import { MAX_ARTEFACT_BYTES, MAX_METADATA_BYTES } from '../limits.js';
import { type HttpAnswer, type HttpClient, readText } from '../network/http-client.js';
import type { HubSource } from '../source.js';
import { parseAnswer, refuseStatus } from './answer.js';
import type { Artefact } from './artefact.js';
import type { Hub } from './hub-config.js';

/** A file of a repository of the hub. */
export interface HubFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Undefined for small files: Git has their SHA-1 only. */
  readonly digest: Digest | undefined;
}

/** A repository of the hub at one commit. */
export interface HubRevision {
  /** 40 hexadecimal digits. */
  readonly commit: string;
  readonly files: readonly HubFile[];
}

interface ModelInfo {
  readonly sha?: unknown;
  readonly siblings?: unknown;
}

interface Sibling {
  readonly rfilename?: unknown;
  readonly size?: unknown;
  readonly lfs?: { readonly sha256?: unknown } | null;
}

/** Where huggingface.co sends those who download: hosts of these domains. */
const FILE_DOMAINS = ['hf.co', 'huggingface.co'];
const DEFAULT_REVISION = 'main';
/** With the ending. */
const MAX_QUANTIZATION_LENGTH = 32;

/**
 * The files of a repository at a revision, by the hub's `GET /api/models/{owner}/{name}/revision/{revision}`. Rejects with `not_found`,
 * `permission_denied` (private and gated ones) or `failed_precondition`.
 */
export async function listHub(
  source: HubSource,
  revision: string | undefined,
  { client, hub }: { readonly client: HttpClient; readonly hub: Hub },
): Promise<HubRevision> {
  const wanted = revision ?? source.revision ?? DEFAULT_REVISION;
  const url = `${hub.url}api/models/${source.repository}/revision/${encodeURIComponent(wanted)}?blobs=true`;
  const { origin: trusted } = new URL(hub.url);
  const answer = await client.get({ url, trusted, authorization: hub.authorization, checkRedirect: checker(hub) });
  await refuseUnknown(answer, source, wanted);
  const { sha, siblings } = parseAnswer<ModelInfo>(await readText(answer, MAX_METADATA_BYTES), url);
  if (typeof sha !== 'string' || !/^[0-9a-f]{40}$/.test(sha)) throw misshapen(url, 'has no commit');
  if (!Array.isArray(siblings)) throw misshapen(url, 'has no list of files');
  return { commit: sha, files: filesOf(siblings, source) };
}

function misshapen(url: string, problem: string): MillraceError {
  return new MillraceError('failed_precondition', `the answer of ${url} ${problem}`);
}

function filesOf(siblings: readonly (Sibling | null)[], { repository }: HubSource): readonly HubFile[] {
  const guard = new EntryGuard(`the repository ${repository}`, MAX_ARTEFACT_BYTES);
  const known = new Map<string, Omit<HubFile, 'path'>>();
  for (const sibling of siblings) {
    const { rfilename, size, lfs } = sibling ?? {};
    if (typeof rfilename !== 'string') continue;
    // A repository may be larger than any download: only the chosen files come, and those are bounded.
    guard.add({ path: rfilename, kind: 'file', sizeBytes: 0 });
    const isSize = typeof size === 'number' && Number.isSafeInteger(size) && size >= 0;
    if (isSize) known.set(rfilename, { sizeBytes: size, digest: parseDigest(`sha256:${lfs?.sha256}`) });
  }
  return guard.files.flatMap(({ path }) => {
    const about = known.get(path);
    return about === undefined ? [] : [{ path, ...about }];
  });
}

/** The hub says in a header why it refuses; one that is private looks like one that does not exist. */
async function refuseUnknown(answer: HttpAnswer, { repository }: HubSource, revision: string): Promise<void> {
  if (answer.status === 200) return;
  const { origin } = new URL(answer.url);
  const reason = answer.headers['x-error-code'];
  const refuse = (code: 'not_found' | 'permission_denied', message: string) => {
    answer.body.destroy();
    throw new MillraceError(code, message);
  };
  if (reason === 'RevisionNotFound') refuse('not_found', `the repository ${repository} has no revision '${revision}'`);
  if (reason === 'GatedRepo') {
    refuse(
      'permission_denied',
      `${repository} is gated: accept its terms at ${origin}/${repository}, and set HF_TOKEN`,
    );
  }
  if (reason === 'RepoNotFound' || answer.status === 404) {
    refuse('not_found', `there is no repository ${repository} at ${origin}, or it is private: HF_TOKEN gives access`);
  }
  await refuseStatus(answer, `the repository ${repository}`);
}

/** A file of a revision, as it is downloaded. `expected` = the digest that a lock has, for files that the hub has none for. */
export function hubArtefact(
  file: HubFile,
  { source, commit, hub, expected }: HubPlace & { readonly expected: Digest | undefined },
): Artefact {
  const inside = file.path.split('/').map(encodeURIComponent).join('/');
  return {
    name: file.path,
    url: `${hub.url}${source.repository}/resolve/${commit}/${inside}`,
    digest: file.digest ?? expected,
    sizeBytes: file.sizeBytes,
    version: commit,
    trusted: new URL(hub.url).origin,
    authorization: hub.authorization,
    checkRedirect: checker(hub),
  };
}

export interface HubPlace {
  readonly source: HubSource;
  readonly commit: string;
  readonly hub: Hub;
}

/** Refuses redirects to hosts outside the hub's own domain and those of huggingface.co. */
function checker(hub: Hub): (url: string) => void {
  const domains = [...FILE_DOMAINS, new URL(hub.url).hostname];
  return (url) => {
    const { hostname } = new URL(url);
    if (domains.some((domain) => hostname === domain || hostname.endsWith(`.${domain}`))) return;
    const expected = [...new Set(domains)].join(', ');
    throw new MillraceError('failed_precondition', `the hub redirects to ${hostname}; expected a host of ${expected}`);
  };
}

/** The model files of a quantization: `Q4_K_M` stands for `SmolLM2-135M-Instruct-Q4_K_M.gguf`. Throws `not_found`. */
export function ofQuantization(files: readonly HubFile[], { repository, quantization }: HubSource): readonly HubFile[] {
  if (quantization === undefined) return files;
  const wanted = quantization.toLowerCase();
  const models = files.filter(({ path }) => /\.gguf$/i.test(path));
  const found = models.filter(({ path }) => quantizationOf(path) === wanted);
  if (found.length > 0) return [...found, ...files.filter(({ path }) => !/\.gguf$/i.test(path))];
  const known = [...new Set(models.map(({ path }) => quantizationOf(path)?.toUpperCase()))].filter(
    (each) => each !== undefined,
  );
  const hint = didYouMean(quantization, known, "'") || `; it has ${known.join(', ') || 'no GGUF files'}`;
  throw new MillraceError('not_found', `the repository ${repository} has no quantization '${quantization}'${hint}`);
}

/** In lower case; undefined where the name of a GGUF file has none. Only the end is read, as names are the hub's. */
function quantizationOf(file: string): string | undefined {
  const end = file.slice(-MAX_QUANTIZATION_LENGTH).toLowerCase();
  return /(?:^|[-._/])(?<name>i?q\d(?:_[a-z0-9]+)*|(?:bf|f|fp)(?:16|32))\.gguf$/.exec(end)?.groups?.name;
}

import pep440 from '@renovatebot/pep440';
import { MillraceError } from '../../core/index.js';
import { didYouMean } from '../../text/index.js';
import { parseDigest } from '../digest.js';
import { MAX_METADATA_BYTES } from '../limits.js';
import { type HttpClient, readText } from '../network/http-client.js';
import { normalizedName, type RegistrySource } from '../source.js';
import { parseAnswer, refuseStatus } from './answer.js';
import type { Artefact, Pinned } from './artefact.js';
import type { Registry } from './registry.js';

/** PyPI's simple API in JSON (PEP 691). */
const MEDIA_TYPE = 'application/vnd.pypi.simple.v1+json';

/** pypi.org's files lie on a host of their own. */
const FILE_ORIGINS: ReadonlyMap<string, string> = new Map([['https://pypi.org', 'https://files.pythonhosted.org']]);

interface ProjectPage {
  readonly files?: unknown;
}

interface ProjectFile {
  readonly filename: string;
  readonly url: string;
  readonly hashes?: { readonly sha256?: string };
  readonly size?: unknown;
  readonly yanked?: boolean | string;
}

interface Candidate {
  readonly file: ProjectFile;
  readonly version: string;
}

/** The wheel, or else the source archive, of a project's version; `pinned` = the one that a lock has. */
export async function resolvePypi(
  source: RegistrySource,
  pinned: Pinned | undefined,
  { client, registry }: { readonly client: HttpClient; readonly registry: Registry },
): Promise<Artefact> {
  const url = `${registry.url}${normalizedName(source.package)}/`;
  const { origin: trusted } = new URL(url);
  const { authorization } = registry;
  const answer = await client.get({ url, headers: { accept: MEDIA_TYPE }, trusted, authorization });
  await refuseStatus(answer, `PyPI project '${source.package}'`);
  if (!/\bjson\b/.test(answer.headers['content-type'] ?? '')) {
    answer.body.destroy();
    const got = answer.headers['content-type'] ?? 'no content type';
    throw new MillraceError('failed_precondition', `${url} answers with ${got}; expected ${MEDIA_TYPE} (PEP 691)`);
  }
  const page = parseAnswer<ProjectPage>(await readText(answer, MAX_METADATA_BYTES), url);
  const { files = [] } = page;
  if (!Array.isArray(files)) throw new MillraceError('failed_precondition', `${url} has 'files' that are no list`);
  const candidates = files.flatMap(candidateOf);
  const { file, version } = pinned === undefined ? choose(source, candidates) : findPinned(source, candidates, pinned);
  const digest = parseDigest(`sha256:${file.hashes?.sha256}`);
  if (digest === undefined) {
    throw new MillraceError('failed_precondition', `${file.filename} has no SHA-256 digest in the index`);
  }
  if (!URL.canParse(file.url, answer.url)) {
    throw new MillraceError('failed_precondition', `${file.filename} has no URL in the index`);
  }
  const { href } = new URL(file.url, answer.url);
  const sizeBytes = sizeOf(file);
  return { name: file.filename, url: href, digest, sizeBytes, version, ...trustFor(href, registry) };
}

/**
 * The origin that may have an internal address when a file of the registry is asked for, and what it gets to know. Who names
 * pypi.org also names its host of files, which may be a mirror in the same network.
 */
export function trustFor(url: string, registry: Registry): Pick<Artefact, 'trusted' | 'authorization'> {
  const { origin } = new URL(registry.url);
  const files = FILE_ORIGINS.get(origin);
  if (files !== undefined && new URL(url).origin === files) return { trusted: files, authorization: undefined };
  return { trusted: origin, authorization: registry.authorization };
}

/** Undefined where the index says nothing that a size can be. */
function sizeOf({ size }: ProjectFile): number | undefined {
  return typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? size : undefined;
}

function candidateOf(file: ProjectFile | null): readonly Candidate[] {
  const filename = file?.filename;
  if (file === null || typeof filename !== 'string') return [];
  const [, wheel] = /^[^-]+-([^-]+)-.+\.whl$/.exec(filename) ?? [];
  const [, archive] = /-([^-]+)\.(?:tar\.gz|zip)$/.exec(filename) ?? [];
  const version = wheel ?? archive;
  return version !== undefined && pep440.valid(version) ? [{ file, version }] : [];
}

function choose(source: RegistrySource, candidates: readonly Candidate[]): Candidate {
  const { version: wanted } = source;
  const version = wanted === undefined ? newest(candidates) : wanted;
  const ofVersion = candidates.filter((each) => version !== undefined && isSameVersion(each.version, version));
  const [best] = ofVersion.toSorted((one, other) => rankOf(one) - rankOf(other));
  if (best !== undefined) return best;
  const project = `PyPI project '${source.package}'`;
  if (wanted === undefined) throw new MillraceError('not_found', `${project} has no wheel and no source archive`);
  const known = [...new Set(candidates.map((each) => each.version))].sort(pep440.compare);
  const hint = didYouMean(wanted, known, "'") || `; the newest is ${known.at(-1) ?? 'none'}`;
  throw new MillraceError('not_found', `${project} has no version '${wanted}'${hint}`);
}

/** The newest that has not been withdrawn; a pre-release only where there is nothing else. */
function newest(candidates: readonly Candidate[]): string | undefined {
  const offered = candidates.filter(({ file }) => file.yanked === undefined || file.yanked === false);
  const versions = offered.map(({ version }) => version).sort(pep440.compare);
  return versions.findLast((version) => pep440.explain(version)?.is_prerelease === false) ?? versions.at(-1);
}

function isSameVersion(one: string, other: string): boolean {
  return pep440.valid(other) ? pep440.eq(one, other) : one === other;
}

/** A model is the same on every platform, so a wheel for all of them is best. */
function rankOf({ file: { filename } }: Candidate): number {
  if (filename.endsWith('-none-any.whl')) return 0;
  if (filename.endsWith('.tar.gz')) return 1;
  return filename.endsWith('.zip') ? 2 : 3;
}

function findPinned(source: RegistrySource, candidates: readonly Candidate[], pinned: Pinned): Candidate {
  const found = candidates.find(({ file }) => file.filename === pinned.artefact);
  if (found !== undefined) return found;
  const message = `PyPI project '${source.package}' has no file '${pinned.artefact}' any more, which the lock has; --update takes another`;
  throw new MillraceError('not_found', message);
}

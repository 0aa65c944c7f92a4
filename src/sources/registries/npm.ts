import semver from 'semver';
import { MillraceError, ownValue } from '../../core/index.js';
import { didYouMean } from '../../text/index.js';
import { parseIntegrity } from '../digest.js';
import { MAX_METADATA_BYTES } from '../limits.js';
import { type HttpClient, readText } from '../network/http-client.js';
import type { RegistrySource } from '../source.js';
import { parseAnswer, refuseStatus } from './answer.js';
import { type Artefact, fileNameOf, type Pinned } from './artefact.js';
import type { Registry } from './registry.js';

interface Packument {
  readonly 'dist-tags'?: Readonly<Record<string, string>>;
  readonly versions?: Readonly<Record<string, { readonly dist?: Dist }>>;
}

interface Dist {
  readonly tarball?: unknown;
  readonly integrity?: unknown;
}

/** The archive of a package's version in npm's registry; `pinned` = the one that a lock has. */
export async function resolveNpm(
  source: RegistrySource,
  pinned: Pinned | undefined,
  { client, registry }: { readonly client: HttpClient; readonly registry: Registry },
): Promise<Artefact> {
  const url = `${registry.url}${source.package.replace('/', '%2f')}`;
  const { origin: trusted } = new URL(url);
  const { authorization } = registry;
  const answer = await client.get({
    url,
    headers: { accept: 'application/vnd.npm.install-v1+json, application/json;q=0.5' },
    trusted,
    authorization,
  });
  await refuseStatus(answer, `npm package '${source.package}'`);
  const packument = parseAnswer<Packument>(await readText(answer, MAX_METADATA_BYTES), url);
  const versions = packument.versions ?? {};
  const version = pinned?.version ?? chooseVersion(source, packument);
  const { tarball, integrity } = versions[version]?.dist ?? {};
  if (typeof tarball !== 'string' || !URL.canParse(tarball)) throw noVersion(source, version, Object.keys(versions));
  const digest = typeof integrity === 'string' ? parseIntegrity(integrity) : undefined;
  if (digest === undefined) {
    const message = `${source.package}@${version} has no digest in the registry but SHA-1 at most; expected SHA-512 or SHA-256`;
    throw new MillraceError('failed_precondition', message);
  }
  const name = fileNameOf(tarball);
  return { name, url: tarball, digest, sizeBytes: undefined, version, trusted, authorization };
}

/** A version, a tag, or the newest in a range; `latest` by default. */
function chooseVersion(source: RegistrySource, packument: Packument): string {
  const { version: wanted = 'latest' } = source;
  const versions = Object.keys(packument.versions ?? {});
  const tags = packument['dist-tags'] ?? {};
  const chosen = versions.includes(wanted)
    ? wanted
    : (ownValue(tags, wanted) ?? semver.maxSatisfying(versions, wanted));
  if (chosen == null) throw noVersion(source, wanted, [...versions, ...Object.keys(tags)]);
  return chosen;
}

function noVersion(source: RegistrySource, wanted: string, known: readonly string[]): MillraceError {
  const hint =
    didYouMean(wanted, known, "'") || `; the newest is ${known.filter((each) => semver.valid(each)).at(-1) ?? 'none'}`;
  return new MillraceError('not_found', `npm package '${source.package}' has no version '${wanted}'${hint}`);
}

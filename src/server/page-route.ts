import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Route } from '../protocols/index.js';

/** A file of a page, and where it is served. */
export interface PageFile {
  readonly path: string;
  /** Below `docs-page`. */
  readonly file: string;
}

/** Of routes that the OpenAPI document leaves out. */
export const HIDDEN = { method: 'GET', tag: 'docs', control: false, hidden: true } as const;

/** A page runs no script but the server's own files, connects to this server only, and cannot be framed. */
const PAGE_HEADERS = {
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
} as const;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/** The route of a file. It is public: it is the same for each caller, and the page asks the API with the caller's key. `adapt` changes its text. */
export function pageRoute({ path: route, file }: PageFile, adapt = (text: string) => text): Route {
  const headers = { ...PAGE_HEADERS, 'content-type': CONTENT_TYPES[path.extname(file)] ?? 'application/octet-stream' };
  return {
    ...HIDDEN,
    path: route,
    summary: 'Documentation',
    access: 'public',
    handle: async () => ({
      status: 200,
      headers,
      body: adapt(await readFile(new URL(`./docs-page/${file}`, import.meta.url), 'utf8')),
    }),
  };
}

import { readFile } from 'node:fs/promises';
import { type Dialect, jsonResponse, type ModelsDescription, type Route } from '../protocols/index.js';
import type { Service } from '../service/index.js';

export interface DocsOptions {
  readonly service: Pick<Service, 'readyModels'>;
  readonly dialects: readonly Dialect[];
  /** The OpenAPI document of all routes. */
  readonly document: () => object;
  readonly requiresKey: boolean;
}

const HIDDEN = { method: 'GET', tag: 'docs', control: false, hidden: true } as const;

/** The page runs nothing but its own script, talks to nobody but this server, and cannot be framed. */
const PAGE_HEADERS = {
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

const PAGE_FILES = [
  ['/docs', 'index.html', 'text/html; charset=utf-8'],
  ['/docs/page.css', 'page.css', 'text/css; charset=utf-8'],
  ['/docs/page.js', 'page.js', 'text/javascript; charset=utf-8'],
] as const;

/** The OpenAPI document with the loaded models in it, and a page for people that is made from it. */
export function createDocsRoutes({ service, dialects, document, requiresKey }: DocsOptions): readonly Route[] {
  return [
    {
      ...HIDDEN,
      path: '/openapi.json',
      summary: 'This document',
      access: 'key',
      handle: async (call, { origin }) => {
        const description: ModelsDescription = { models: service.readyModels(call), origin, withKey: requiresKey };
        let described: object = { ...document(), servers: [{ url: origin }] };
        for (const { describeModels } of dialects) {
          if (describeModels !== undefined) described = await describeModels(described, description);
        }
        return jsonResponse(described);
      },
    },
    ...PAGE_FILES.map(
      ([path, file, contentType]): Route => ({
        ...HIDDEN,
        path,
        summary: 'Documentation',
        access: 'public',
        handle: async () => ({
          status: 200,
          headers: { ...PAGE_HEADERS, 'content-type': contentType },
          body: await readFile(new URL(`./docs-page/${file}`, import.meta.url)),
        }),
      }),
    ),
  ];
}

import { joinToSlices, jsonTexts } from '../core/index.js';
import type { Dialect, ModelsDescription, Route, WireResponse } from '../protocols/index.js';
import type { Service } from '../service/index.js';
import { describeModels } from './docs-models.js';
import { hostName } from './host-guard.js';
import { HIDDEN, type PageFile, pageRoute } from './page-route.js';
import { turns } from './turns.js';

export interface DocsOptions {
  readonly service: Pick<Service, 'models'>;
  readonly dialects: readonly Dialect[];
  /** The OpenAPI document of all routes. */
  readonly document: () => object;
  readonly requiresKey: boolean;
  /** Its gRPC port, once it listens; undefined = there is none. */
  readonly grpcAt: () => GrpcPlace | undefined;
}

/** Where gRPC is served. */
export interface GrpcPlace {
  readonly port: number;
  readonly tls: boolean;
}

/** Down to an example: `paths.<path>.post.requestBody.content.<type>.examples.<model>`. */
const DOCUMENT_DEPTH = 8;

/** The page's own code: `page.js` and what it imports. */
const MODULES = [
  'answer.js',
  'api.js',
  'call.js',
  'chat.js',
  'dom.js',
  'fields.js',
  'form.js',
  'key.js',
  'models.js',
  'page.js',
  'raw-bytes.js',
  'request.js',
  'routes.js',
  'shell.js',
  'snippet-curl.js',
  'snippet-grpc.js',
  'snippet-python.js',
  'snippet-typescript.js',
  'snippets.js',
  'tabs.js',
  'tensors.js',
  'views.js',
] as const;

const STYLES = ['forms.css', 'page.css'] as const;

const PAGE_FILES: readonly PageFile[] = [
  { path: '/docs', file: 'index.html' },
  ...[...STYLES, ...MODULES].map((file) => ({ path: `/docs/${file}`, file })),
];

/** Where the page and its files are. */
export const PAGE_PATHS: readonly string[] = PAGE_FILES.map(({ path }) => path);

/** The OpenAPI document with the loaded models in it, and a page for people that is made from it. */
export function createDocsRoutes(options: DocsOptions): readonly Route[] {
  const { service, dialects, document, requiresKey, grpcAt } = options;
  return [
    {
      ...HIDDEN,
      path: '/openapi.json',
      summary: 'This document',
      access: 'key',
      handle: async (call, { origin }) => {
        const models = service.models.readyModels(call);
        const description: ModelsDescription = { models, origin, withKey: requiresKey };
        let described: object = {
          ...document(),
          servers: [{ url: origin }],
          'x-models': await describeModels(models, turns),
          'x-grpc': describeGrpc(origin, grpcAt()),
        };
        for (const { describeModels: complete } of dialects) {
          if (complete !== undefined) described = await complete(described, description);
        }
        return encodeInTurns(described);
      },
    },
    ...PAGE_FILES.map((file) => pageRoute(file)),
  ];
}

/** A document in which each path, example and model is a text: megabytes, where there are a thousand models. */
async function encodeInTurns(document: object): Promise<WireResponse> {
  const body: Uint8Array[] = [];
  for (const slice of joinToSlices(jsonTexts(document, DOCUMENT_DEPTH))) {
    body.push(Buffer.from(slice));
    await turns.next();
  }
  return { status: 200, headers: { 'content-type': 'application/json' }, body };
}

/** By the name under which the client has reached the server. */
function describeGrpc(origin: string, place: GrpcPlace | undefined): object | null {
  if (place === undefined) return null;
  const name = hostName(origin.replace(/^https?:\/\//, '')) ?? 'localhost';
  return { address: `${name.includes(':') ? `[${name}]` : name}:${place.port}`, tls: place.tls };
}

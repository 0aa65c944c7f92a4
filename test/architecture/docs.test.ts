import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { createGrpcMethods } from '../../src/protocols/grpc/routes.js';
import { createOipRoutes, INFERENCE_ROUTES } from '../../src/protocols/index.js';
import { createFakeService } from '../support/fake-service.js';

const PAGES = ['.', 'docs', 'docs/decisions', 'examples/models', 'test/fixtures/models'].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join(folder, name)),
);

/** Targets of the page's links into the repository, without the part behind `#`. */
function linksOf(page: string): readonly string[] {
  const text = readFileSync(page, 'utf8').replace(/^```.*?^```/gms, '');
  return [...text.matchAll(/\]\((?<target>[^)\s]+)\)/g)]
    .map((match) => match.groups?.target ?? '')
    .filter((target) => !/^(?:https?:|#)/.test(target))
    .map((target) => target.replace(/#.*$/, ''));
}

it.each(PAGES)('the links of %s lead somewhere', (page) => {
  const broken = linksOf(page).filter((target) => !existsSync(path.join(path.dirname(page), target)));
  expect(broken).toEqual([]);
});

/** `GET /v2/…` of every route in the table of docs/protocols.md, optional parts left out and put in, and its methods. */
function documentedInterface(): { readonly routes: readonly string[]; readonly methods: readonly string[] } {
  const page = readFileSync('docs/protocols.md', 'utf8');
  const table = page.slice(page.indexOf('| HTTP | gRPC |'), page.indexOf('Besides, there are'));
  const rows = table.split('\n').slice(2, -2);
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
  return {
    routes: cells.flatMap(([, http = '']) =>
      [...http.matchAll(/(GET|POST) `([^`]+)`/g)].flatMap(([, method, route = '']) => {
        const without = `${method} ${route.replace(/\[.*?\]/g, '')}`;
        return route.includes('[') ? [without, `${method} ${route.replace(/[[\]]/g, '')}`] : [without];
      }),
    ),
    methods: cells.flatMap(([, , grpc = '']) => (grpc === '–' ? [] : [grpc])),
  };
}

it('no route and no method is missing in docs/protocols.md, and none is made up', () => {
  const service = createFakeService();
  const routes = [...createOipRoutes(service), ...INFERENCE_ROUTES].map(
    ({ method, path: route }) => `${method} ${route}`,
  );
  const methods = createGrpcMethods(service, { maxInputs: 1 }).map((method) => path.posix.basename(method.path));
  const documented = documentedInterface();
  expect([...documented.routes].sort()).toEqual(routes.sort());
  expect([...documented.methods].sort()).toEqual(methods.sort());
});

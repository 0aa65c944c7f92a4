import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDialects } from '../support/dialects.js';
import { markdownPages, shellBlocksOf } from '../support/shell-blocks.js';

const PAGES = markdownPages();

/** Blocks of shell that no test runs, by how they begin, and why not. */
const NOT_RUN: Readonly<Record<string, string>> = {
  'git clone … && cd millrace': 'installs and runs this very test; `npm run demo` has a test of its own',
  'npm ci && npm run build\nnpx millrace serve': 'installs; serve has tests of its own',
  'npm ci\nnpm test': 'installs and runs this very test',
  'pip install onnx scikit-learn': 'the conformance suite odd-models installs them, and runs the snippets behind it',
  'curl localhost:8000/v2/models/vad/infer': 'the inputs are left to the reader',
  'cd examples/chat': 'installs; test/e2e/example-chat.test.ts runs the program',
  'cd examples/hono': 'installs; the conformance suite web-frameworks runs the program',
  'cd examples/next': 'installs; the conformance suite web-frameworks builds and runs the application',
  'MILLRACE_MODEL=minilm': 'needs two models; test/e2e/example-semantic-search.test.ts runs the program',
  'useradd --system': 'adds a user to the machine; test/e2e/docs-deployment.test.ts takes what it makes',
  'node deploy/image/build.mjs onnx --context':
    'needs a registry; the conformance suite kubernetes-node builds both images, and gives them to its node',
  'npm install --prefix /opt/millrace': 'installs; test/e2e/upgrade.test.ts upgrades',
  'kubectl create secret': 'needs a cluster; test/e2e/docs-deployment.test.ts takes what it makes',
  'npm run fixtures\nnpx millrace serve': 'the conformance suite sources fetches and serves them',
  'curl -sN -H': 'has no end; test/e2e/events.test.ts reads what it prints',
  'curl localhost:8000/v2/repository/models/smollm2/load':
    'asks PyPI; test/e2e/network-pull.test.ts does the same with a local registry',
  'npx millrace serve test/conformance/triton/models': 'the conformance suites serve them, and take minutes',
};

const withoutCode = (page: string) => readFileSync(page, 'utf8').replace(/^[ \t]*```.*?^[ \t]*```/gms, '');

/** The page's links into the repository: the file, and the heading behind `#` if there is one. */
function linksOf(page: string): readonly { readonly file: string; readonly heading: string | undefined }[] {
  return [...withoutCode(page).matchAll(/\]\((?<target>[^)\s]+)\)/g)]
    .map((match) => match.groups?.target ?? '')
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [file = '', heading] = target.split('#');
      return { file: file === '' ? page : path.posix.join(path.posix.dirname(page), file), heading };
    });
}

/** What GitHub calls the headings of a page in links. */
function headingsOf(page: string): readonly string[] {
  return [...withoutCode(page).matchAll(/^#+ (?<title>.+)$/gm)].map(({ groups }) =>
    (groups?.title ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

it.each(PAGES)('the links of %s lead somewhere', (page) => {
  const broken = linksOf(page).filter(
    ({ file, heading }) => !existsSync(file) || (heading !== undefined && !headingsOf(file).includes(heading)),
  );
  expect(broken).toEqual([]);
});

describe('the shell in the documentation', () => {
  const blocks = PAGES.flatMap((page) => shellBlocksOf(page));
  const untested = blocks.filter(
    ({ tag }) => !['sh test', 'sh package', 'sh conformance', 'sh example', 'sh image', 'sh kubernetes'].includes(tag),
  );
  const reasonsFor = (script: string) => Object.keys(NOT_RUN).filter((start) => script.startsWith(start));

  it('is marked `sh test` and run, or listed here with the reason why not', () => {
    const forgotten = untested.filter(({ script }) => reasonsFor(script).length === 0);
    expect(forgotten.map(({ page, line }) => `${page}:${line}`)).toEqual([]);
  });

  it('is not listed in vain', () => {
    const listed = untested.flatMap(({ script }) => reasonsFor(script));
    expect(listed.sort()).toEqual(Object.keys(NOT_RUN).sort());
  });

  it('is marked `sh package` where `npm run check:package` knows of it', () => {
    const pages = blocks.filter(({ tag }) => tag === 'sh package').map(({ page }) => page);
    expect(pages).toEqual(['README.md', 'README.md', 'docs/operations.md']);
  });

  it('is marked `sh conformance` where the conformance suite sources knows of it', () => {
    const pages = blocks.filter(({ tag }) => tag === 'sh conformance').map(({ page }) => page);
    expect(pages).toEqual(['README.md', 'README.md']);
  });

  it('is marked `sh image` where the conformance suite image runs it', () => {
    const pages = blocks.filter(({ tag }) => tag === 'sh image').map(({ page }) => page);
    expect([...new Set(pages)]).toEqual(['docs/deployment.md']);
  });

  it('is marked `sh kubernetes` where the conformance suite kubernetes-node runs it', () => {
    const pages = blocks.filter(({ tag }) => tag === 'sh kubernetes').map(({ page }) => page);
    expect([...new Set(pages)]).toEqual(['docs/kubernetes.md']);
  });

  it('is marked `sh example` where a test of its own runs the page', () => {
    const pages = blocks.filter(({ tag }) => tag === 'sh example').map(({ page }) => page);
    expect([...new Set(pages)]).toEqual(['examples/access/README.md', 'examples/rollout/README.md']);
  });

  it('names scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    const named = blocks.flatMap(({ script }) =>
      [...script.matchAll(/\bnpm run (?:--\S+ )*([\w:]+)/g)].map(([, name = '']) => name),
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it.each(['sh', 'bash', 'console', 'sh test'])('is found behind ```%s', (tag) => {
    const page = `text\n\n\`\`\`${tag}\nls\n\`\`\`\n\n\`\`\`json expect\n{"a":1}\n\`\`\`\n`;
    expect(shellBlocksOf('page.md', page)).toEqual([
      { page: 'page.md', line: 3, script: 'ls\n', tag, expected: { a: 1 } },
    ]);
  });
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

it('no route and no method is missing in docs/protocols.md, and none is made up', async () => {
  const [oip] = createDialects();
  const part = await oip?.loadGrpc?.();
  const routes = oip?.routes.map(({ method, path: route }) => `${method} ${route}`) ?? [];
  const methods = part?.methods.map((method) => path.posix.basename(method.path)) ?? [];
  const documented = documentedInterface();
  expect([...documented.routes].sort()).toEqual(routes.sort());
  expect([...documented.methods].sort()).toEqual(methods.sort());
});

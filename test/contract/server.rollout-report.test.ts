import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { createManagement } from '../../src/management/management.js';
import { createDialectContext, createDialects } from '../support/dialects.js';
import { createFakeService } from '../support/fake-service.js';
import { closeTestServers, serverOptions, startTestServer } from '../support/http-server.js';

afterEach(closeTestServers);

const REPORT = '/millrace/v1/models/fraud/rollout/report';
const FOLDER = 'src/server/docs-page/rollout';
const FILES = readdirSync(FOLDER).filter((file) => /\.(js|css)$/.test(file));
const SHARED = ['dom.js', 'key.js', 'page.css'];

async function start(adminPort = -1) {
  const service = createFakeService();
  const options = serverOptions({ adminPort });
  const dialects = [
    ...createDialects({ service, options }),
    createManagement(createDialectContext({ service, options })),
  ];
  return startTestServer({ service, options: { adminPort }, dependencies: { dialects } });
}

it('the report of a rollout and its files are served, and may load nothing from elsewhere', async () => {
  const { url } = await start();
  const paths = [REPORT, ...FILES.map((file) => `/docs/rollout/${file}`), ...SHARED.map((file) => `/docs/${file}`)];
  for (const path of paths) {
    const response = await fetch(url + path);
    expect([path, response.status]).toEqual([path, 200]);
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    const text = await response.text();
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(text).not.toMatch(/url\(|style=|<script>/);
  }
  expect((await fetch(url + REPORT)).headers.get('content-type')).toBe('text/html; charset=utf-8');
});

it('what the report imports is served with it', () => {
  const imported = FILES.filter((file) => file.endsWith('.js')).flatMap((file) =>
    [...readFileSync(`${FOLDER}/${file}`, 'utf8').matchAll(/ from '(.*)';/g)].map(([, path = '']) => path),
  );
  const known = [...FILES.map((file) => `./${file}`), ...SHARED.map((file) => `../${file}`)];
  expect(imported.filter((path) => !known.includes(path))).toEqual([]);
});

it('the report takes commands where the server does: at the admin port, if there is one', async () => {
  const one = await start();
  expect(await (await fetch(one.url + REPORT)).text()).toContain('<html lang="en" data-commands="here">');
  const two = await start(0);
  const { url: admin = '' } = two.addresses.admin ?? {};
  expect(await (await fetch(two.url + REPORT)).text()).toContain('<html lang="en" data-commands="elsewhere">');
  expect(await (await fetch(admin + REPORT)).text()).toContain('<html lang="en" data-commands="here">');
  for (const file of [...FILES.map((each) => `rollout/${each}`), ...SHARED]) {
    expect([file, (await fetch(`${admin}/docs/${file}`)).status]).toEqual([file, 200]);
  }
});

it('there is no report where the API is not served that it is made from', async () => {
  const { url } = await startTestServer();
  expect((await fetch(url + REPORT)).status).toBe(404);
});

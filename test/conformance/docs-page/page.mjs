// usage: page.mjs URL DRIVERS CHROMIUM INFER_KEY OBSERVE_KEY; DRIVERS is a folder with playwright-core and @axe-core/playwright.
import { createRequire } from 'node:module';
import path from 'node:path';

const [url, drivers, executablePath, inferKey, observeKey] = process.argv.slice(2);
const load = createRequire(path.join(drivers, 'package.json'));
const { chromium } = load('playwright-core');
const { AxeBuilder } = load('@axe-core/playwright');

const WIDTHS = [1280, 390];
let passed = 0;
let failed = 0;

function check(condition, message) {
  if (condition) passed++;
  else {
    failed++;
    console.log(`FAIL ${message.replace(/\s+/g, ' ')}`);
  }
}

/** Opens the page with a key, and waits until it shows what the key may see. */
async function open(context, key) {
  const page = await context.newPage();
  page.on('pageerror', (error) => check(false, `the page throws: ${error.message}`));
  await page.goto(`${url}/docs`);
  await page.fill('#key', key);
  await page.click('#key-form button');
  await page.locator('.card').first().waitFor();
  return page;
}

async function checkWidth(page, width, when) {
  const right = await page.evaluate(() => document.documentElement.scrollWidth);
  check(right <= width, `${when}, a page of ${width} px is ${right} px wide`);
}

async function runSamples(page) {
  for (const card of await page.locator('.card').all()) {
    const name = await card.locator('h3').textContent();
    await card.locator('summary').click();
    await card.locator('[type=submit]').click();
    await card.locator('[type=submit]:enabled').waitFor();
    const [status, answer] = [card.locator('output p').first(), card.locator('output pre')];
    const told = await status.textContent();
    check(told.startsWith('200 OK'), `the sample of ${name} is answered by ${told}`);
    check((await answer.textContent()).includes(`"model_name"`), `the sample of ${name} shows no answer`);
  }
}

async function checkAccess(page, when) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
  check(found.length === 0, `${when}, axe-core finds ${found.join('; ')}`);
}

const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu'] });
try {
  for (const width of WIDTHS) {
    const context = await browser.newContext({ viewport: { width, height: 900 } });
    const page = await open(context, inferKey);
    await checkWidth(page, width, 'at first');
    await runSamples(page);
    for (const route of await page.locator('.route summary').all()) await route.click();
    await checkWidth(page, width, 'with everything open');
    await checkAccess(page, `at ${width} px`);
    await context.close();
  }
  const page = await open(await browser.newContext(), observeKey);
  const [card] = await page.locator('.card').all();
  await card.locator('summary').click();
  await card.locator('[type=submit]').click();
  const refusal = await card.locator('output .bad').textContent();
  check(refusal.startsWith('403'), `a key without 'infer' is answered by ${refusal}`);
} finally {
  await browser.close();
}
console.log(`${passed} passed, ${failed} failed`);

// What the programs here that use a browser have in common: counting, starting Chromium, and what every page has to be like.
import { createRequire } from 'node:module';
import path from 'node:path';

let passed = 0;
let failed = 0;
let AxeBuilder;

export function check(condition, message) {
  if (condition) passed++;
  else {
    failed++;
    console.log(`FAIL ${message.replace(/\s+/g, ' ')}`);
  }
}

/** The line that ends a suite. */
export function closeChecks() {
  console.log(`${passed} passed, ${failed} failed`);
}

/** Chromium by the packages in a folder. */
export function launch(drivers, executablePath) {
  const load = createRequire(path.join(drivers, 'package.json'));
  ({ AxeBuilder } = load('@axe-core/playwright'));
  return load('playwright-core').chromium.launch({
    executablePath,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
}

/** Fails where the page throws or complains. */
export function watchErrors(page) {
  page.on('pageerror', (error) => check(false, `the page throws: ${error.message}`));
  page.on('console', (message) => {
    // Refusals are told in the console, too.
    if (message.type() === 'error' && !/the server responded with a status/.test(message.text()))
      check(false, `the page complains: ${message.text()}`);
  });
}

/** Nothing leads out of the window, axe-core finds nothing, and a screenshot is left in `out`. */
export async function checkLooks(page, { width, when, out }) {
  const right = await page.evaluate(() => document.documentElement.scrollWidth);
  check(right <= width, `${when}, a page of ${width} px is ${right} px wide`);
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
  check(found.length === 0, `${when} at ${width} px, axe-core finds ${found.join('; ')}`);
  await page.screenshot({ path: path.join(out, `${when.replace(/\W+/g, '-')}-${width}.png`) });
}

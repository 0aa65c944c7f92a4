// usage: report.mjs URL DRIVERS CHROMIUM OUT ADA_KEY EVE_KEY: the report of a rollout of `fraud` from version 3 to version 4, as eve sees it, who may
// only look, and as ada uses it, who may do everything.
import { check, checkLooks, closeChecks, launch, watchErrors } from './checks.mjs';

const [url, drivers, executablePath, out, adaKey, eveKey] = process.argv.slice(2);

const ROLLOUT = `${url}/millrace/v1/models/fraud/rollout`;
const PLAN = {
  to: 4,
  steps: [50, { weight: 100, needs_approval: true }],
  hold_ms: 1_500,
  max_hold_ms: 1_500,
  on_inconclusive: 'proceed',
};
const REQUESTS = 400;
const POLL_MS = 250;
const LIMIT_MS = 60_000;

async function ask(target, body, method = body === undefined ? 'GET' : 'POST') {
  const headers = { authorization: `Bearer ${adaKey}`, 'content-type': 'application/json' };
  const answer = await fetch(target, { method, headers, body: body && JSON.stringify(body) });
  const json = await answer.json();
  if (!answer.ok) throw new Error(JSON.stringify(json));
  return json;
}

/** Begins the rollout, and sends requests until its second step waits for approval. */
async function prepare() {
  await ask(`${url}/millrace/v1/models/fraud/labels`, { stable: 3 }, 'PATCH');
  await ask(ROLLOUT, PLAN);
  const inputs = [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }];
  for (let count = 0; count < REQUESTS; count++) await ask(`${url}/v2/models/fraud/infer`, { inputs });
  const endAt = Date.now() + LIMIT_MS;
  while ((await ask(ROLLOUT)).state !== 'awaiting_approval') {
    if (Date.now() > endAt) throw new Error(`it does not wait for approval: ${(await ask(ROLLOUT)).phase}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Opens the report with a key, and waits until it shows the rollout. */
async function open(browser, { width, key, colorScheme }) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const page = await context.newPage();
  watchErrors(page);
  await page.goto(`${ROLLOUT}/report`);
  await page.locator('#key').fill('no-key-of-anybody-0123456789');
  await page.keyboard.press('Enter');
  await page.getByRole('status').filter({ hasText: 'key' }).first().waitFor();
  await page.locator('#key').fill(key);
  await page.keyboard.press('Enter');
  await page.locator('#report').waitFor();
  return page;
}

/** Everything is there to decide from, and nothing to decide with. */
async function look(browser, width) {
  const page = await open(browser, { width, key: eveKey, colorScheme: width > 1_000 ? 'light' : 'dark' });
  const { verdict, decisions, next } = await ask(ROLLOUT);
  check((await page.locator('#next').textContent()).includes(next), 'the report does not say what happens next');
  check(await page.locator('#command-section').isHidden(), 'who may only look sees commands');
  check((await page.locator('#decision-rows tr').count()) === decisions.length, 'decisions are missing');
  for (const { name, kind, sentence } of verdict.metrics) {
    const card = page.locator('.metric').filter({ has: page.getByRole('heading', { name, exact: false }) });
    check((await card.locator('.kind').textContent()).includes(kind), `${name} is not said to be ${kind}`);
    check((await card.locator('.sentence').textContent()) === sentence, `the sentence of ${name} is another one`);
    check((await card.locator('svg').count()) === 3, `${name} has not three charts`);
    const labels = await card.locator('svg').evaluateAll((charts) => charts.map((chart) => chart.ariaLabel));
    check(
      labels.some((label) => label.includes('that roll back')),
      `${name} has no limit: ${labels}`,
    );
    check(
      labels.every((label) => label !== null && label.length > 10),
      `a chart of ${name} has no name`,
    );
  }
  await page.locator('.metric summary').first().click();
  // The browser opens the table first, and fires `toggle`, which fills it, in a later task.
  await page.locator('.metric tbody tr').first().waitFor();
  const { points } = await ask(`${ROLLOUT}/evidence`);
  const rows = await page.locator('.metric tbody tr').count();
  check(rows <= points.length, `the table has ${rows} rows of ${points.length}`);
  await checkLooks(page, { width, when: 'the report of a rollout', out });
  await page.context().close();
}

/** Approves by the keyboard alone, with a note, and then aborts. */
async function decide(browser) {
  const page = await open(browser, { width: 1_280, key: adaKey, colorScheme: 'light' });
  const buttons = await page.locator('#commands button').allTextContents();
  check(buttons.join() === 'Approve,Promote now,Abort', `the commands are ${buttons}`);
  await page.getByRole('button', { name: 'Approve' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  check((await page.getByRole('dialog').count()) === 0, 'Escape does not close the dialog');
  check((await ask(ROLLOUT)).state === 'awaiting_approval', 'Escape approves');
  await page.keyboard.press('Enter');
  await page.keyboard.type('all is well');
  await page.keyboard.press('Tab');
  await checkLooks(page, { width: 1_280, when: 'the dialog of a command', out });
  await page.keyboard.press('Enter');
  await page.locator('#decision-rows').filter({ hasText: 'approved by ada: all is well' }).waitFor();
  check((await page.getByRole('dialog').count()) === 0, 'the dialog stays open');
  await page.getByRole('button', { name: 'Promote now' }).click();
  await ask(`${ROLLOUT}/pause`, { note: 'by somebody else' });
  await page.getByRole('dialog').getByRole('button', { name: 'Promote now' }).click();
  await page.getByRole('alert').filter({ hasText: 'has changed since you opened this dialog' }).waitFor();
  check((await ask(ROLLOUT)).state === 'paused', 'what has changed is promoted unseen');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Abort' }).click();
  await page.getByLabel('Note for the history').fill('enough <b>seen</b>');
  await page.getByRole('dialog').getByRole('button', { name: 'Abort' }).click();
  await page.locator('#state').filter({ hasText: 'aborted' }).waitFor();
  check(await page.locator('#command-section').isHidden(), 'a rollout that is over takes commands');
  check(
    (await page.locator('#next').textContent()) === 'Why: aborted by ada: enough <b>seen</b>.',
    'it does not say why',
  );
  check((await ask(ROLLOUT)).state === 'aborted', 'it is not aborted');
}

await prepare();
const browser = await launch(drivers, executablePath);
try {
  await look(browser, 1_280);
  await look(browser, 390);
  await decide(browser);
} finally {
  await browser.close();
}
closeChecks();

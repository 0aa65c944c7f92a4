// usage: page.mjs URL DRIVERS CHROMIUM OUT INFER_KEY OBSERVE_KEY; DRIVERS is a folder with playwright-core and @axe-core/playwright, OUT
// one for screenshots and for `snippets.json`: what the page showed as code, with what the answer to it has to contain.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { check, checkLooks, closeChecks, launch, watchErrors } from './checks.mjs';

const [url, drivers, executablePath, out, inferKey, observeKey] = process.argv.slice(2);

const WIDTHS = [1280, 390];
const PHOTO = 'examples/photos/meal_1.jpg';
const SOUND = 'examples/audio/speech-16khz.wav';

/** Opens the page with a key, and waits until it shows what the key may see. */
async function open(context, key) {
  const page = await context.newPage();
  watchErrors(page);
  await page.goto(`${url}/docs`);
  await page.fill('#key', key);
  await page.click('#key-form button');
  await page.locator('.card').waitFor();
  return page;
}

async function choose(page, model) {
  await page.locator('#model-links').getByRole('link', { name: model, exact: true }).click();
  await page.getByRole('heading', { name: model, exact: true, level: 3 }).waitFor();
}

/** Runs what is in the form, and waits for the end; the line that tells how it went. */
async function run(page) {
  await page.locator('.primary').click();
  await page.locator('.answer[aria-busy=false]').waitFor();
  return page.locator('.answer .status').textContent();
}

/** Drops a file onto the page, as people do with the mouse. */
async function drop(page, file, type) {
  const bytes = readFileSync(file).toString('base64');
  const transfer = await page.evaluateHandle(
    ({ base64, name, mime }) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name, { type: mime }));
      return data;
    },
    { base64: bytes, name: path.basename(file), mime: type },
  );
  for (const name of ['dragenter', 'dragover', 'drop'])
    await page.locator('.drop').dispatchEvent(name, { dataTransfer: transfer });
}

/** Of an answer of a stream, in JSON, what the model has said. */
function streamed(text) {
  if (!text.startsWith('{"model_name"')) return text;
  const { text_output: output } = JSON.parse(text.split('\n', 1)[0]);
  return output;
}

/** The same call in each language, as the tabs have it. */
async function readSnippets(page) {
  const found = {};
  for (const tab of await page.locator('.snippets [role=tab]').all()) {
    await tab.click();
    found[await tab.textContent()] = await page.locator('.snippet:visible code').textContent();
  }
  return found;
}

/** Models whose form is run as it is, and what is in the answer. */
async function runSamples(page, width) {
  const snippets = [];
  for (const model of await page.locator('#model-links a').allTextContents()) {
    await choose(page, model);
    if (await page.locator('.drop').isVisible()) {
      const takesSound = /sound/.test(await page.locator('.drop label').textContent());
      check(!(await page.locator('.drop .bad').isVisible()), `${model} complains before it is asked`);
      await page.locator('.primary').click();
      check(await page.locator('.drop .bad').isVisible(), `${model} does not ask for the file that is missing`);
      await (takesSound ? drop(page, SOUND, 'audio/wav') : drop(page, PHOTO, 'image/jpeg'));
    }
    if (await page.getByLabel('Temperature').isVisible()) {
      await page.getByLabel('Temperature').fill('0');
      await page.getByLabel('Most tokens').fill('12');
    }
    // A conversation has gone on when it is answered.
    const before = await readSnippets(page);
    const told = await run(page);
    check(told.startsWith('200'), `the sample of ${model} is answered by ${told}`);
    const answer = await page.locator('.answer').textContent();
    const written = await page.locator('.message.assistant .written').allTextContents();
    const number = await page.locator('.answer td').allTextContents();
    const label = await page.locator('.answer .classes .label').allTextContents();
    const text = await page.locator('.answer pre.text, .answer pre').allTextContents();
    const [shown = ''] = [...written, ...label, ...number, ...text.map(streamed)];
    check(shown !== '', `the sample of ${model} shows no answer: ${answer}`);
    snippets.push({ model, shown, snippets: before });
    await checkLooks(page, { width, when: model, out });
  }
  return snippets;
}

async function checkPhotos(page) {
  await choose(page, 'mobilenetv3');
  if (!(await page.locator('.drop').isVisible())) return check(false, 'mobilenetv3 takes no photo');
  for (const photo of ['meal_1', 'meal_2', 'report_1', 'report_2', 'other_1', 'other_2']) {
    await drop(page, `examples/photos/${photo}.jpg`, 'image/jpeg');
    await run(page);
    const [label] = await page.locator('.classes .label').allTextContents();
    const wanted = photo.startsWith('meal') ? 'food' : photo.slice(0, -2);
    check(label === wanted, `${photo} is said to be ${label}`);
  }
}

async function checkInput(page) {
  await choose(page, 'mlp');
  const x = page.getByLabel('x', { exact: true });
  await x.fill('[1, 2');
  check(
    (await page.locator('.field .bad:visible').textContent()).includes('is not JSON'),
    'half a list is not refused',
  );
  await page.locator('.primary').click();
  check(await x.evaluate((field) => field === document.activeElement), 'the wrong field is not entered');
  await x.fill(JSON.stringify(Array(2).fill(Array(16).fill(0.5))));
  await run(page);
  check((await page.locator('.answer .numbers tr').count()) === 2, 'two rows are not answered by two');
  const code = (await readSnippets(page)).curl;
  check(code.includes('"shape":[2,16]'), `the call is not the one of the form: ${code}`);
  await choose(page, 'echo');
  await page.getByLabel('text', { exact: true }).fill('<b>é</b>\nand more');
  await run(page);
  const echoed = await page.locator('.answer pre.text').textContent();
  check(echoed === '<b>é</b>\nand more', `a text is answered by ${echoed}`);
}

async function checkKeyboard(page) {
  await choose(page, 'mlp');
  await page.getByRole('tab', { name: 'curl' }).focus();
  await page.keyboard.press('ArrowRight');
  const tab = page.getByRole('tab', { name: 'TypeScript' });
  check((await tab.getAttribute('aria-selected')) === 'true', 'the arrow does not lead to the next tab');
  await page.keyboard.press('Tab');
  check(
    await page.evaluate(() => document.activeElement?.closest('.snippet') !== null),
    'Tab does not lead to the code',
  );
}

async function checkConversation(page) {
  await choose(page, 'kjv');
  await page.getByRole('button', { name: 'New conversation' }).click();
  for (const text of ['In the beginning', 'And then?']) {
    await page.getByRole('textbox', { name: 'Message', exact: true }).fill(text);
    await page.keyboard.press('Enter');
    await page.locator('.message.user .written', { hasText: text }).waitFor();
  }
  check(
    (await page.locator('.message.assistant').count()) === 2,
    'a conversation of two questions has not two answers',
  );
}

const browser = await launch(drivers, executablePath);
try {
  for (const width of WIDTHS) {
    const colorScheme = width === WIDTHS[0] ? 'light' : 'dark';
    const context = await browser.newContext({ viewport: { width, height: 1100 }, colorScheme });
    const page = await open(context, inferKey);
    const snippets = await runSamples(page, width);
    writeFileSync(path.join(out, 'snippets.json'), JSON.stringify(snippets));
    for (const route of await page.locator('.route summary').all()) await route.click();
    await checkLooks(page, { width, when: 'with every route open', out });
    if (width === WIDTHS[0]) {
      await checkInput(page);
      await checkKeyboard(page);
      await checkConversation(page);
      await checkPhotos(page);
    }
    await context.close();
  }
  const page = await open(await browser.newContext(), observeKey);
  await choose(page, 'mlp');
  const refusal = await run(page);
  check(refusal.startsWith('403'), `a key without 'infer' is answered by ${refusal}`);
} finally {
  await browser.close();
}
closeChecks();

/** The documentation page: made from /openapi.json, which holds the routes and the models that are loaded. */

const byId = (id) => document.getElementById(id);
const KEY = 'millrace-key';
/** Answers of a stream that are shown. */
const MAX_EVENTS = 100;

let key = sessionStorage.getItem(KEY) ?? '';

function headers() {
  return key === '' ? {} : { authorization: `Bearer ${key}` };
}

function copyOf(templateId) {
  return byId(templateId).content.firstElementChild.cloneNode(true);
}

function element(name, text, className = '') {
  const made = document.createElement(name);
  made.textContent = text;
  if (className !== '') made.className = className;
  return made;
}

/** JSON with one member or element a line at the first levels, but numbers beside each other. */
function pretty(value) {
  return JSON.stringify(value, null, 2).replace(
    /\[\s+([^[\]{}]+?)\s+\]/g,
    (_, items) => `[${items.replace(/\s+/g, ' ')}]`,
  );
}

function showModel(model) {
  const card = copyOf('model-template');
  const versions = `version${model.versions.length > 1 ? 's' : ''} ${model.versions.join(', ')}`;
  const batch = model.max_batch_size > 0 ? `up to ${model.max_batch_size} rows a request` : 'no batch dimension';
  card.querySelector('h3').textContent = model.name;
  card.querySelector('.facts').textContent = [versions, model.platform, batch]
    .filter((fact) => fact !== '')
    .join(' · ');
  const rows = [
    ...model.inputs.map((tensor) => ['input', tensor]),
    ...model.outputs.map((tensor) => ['output', tensor]),
  ];
  for (const [kind, { name, datatype, shape }] of rows) {
    const row = card.querySelector('tbody').insertRow();
    for (const text of [kind, name, datatype, `[${shape.join(', ')}]`]) row.insertCell().textContent = text;
  }
  card.querySelector('.curl').textContent = model.curl;
  bindCopy(card.querySelector('.copy'), model.curl);
  bindTry(card, model);
  return card;
}

function bindCopy(button, text) {
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Select it by hand';
    }
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 2000);
  });
}

function bindTry(card, model) {
  const { example } = model;
  const form = card.querySelector('form');
  const input = form.querySelector('textarea');
  const note = form.querySelector('.note');
  input.value = pretty(example.json);
  if (example.zeroBytes > 0) {
    note.hidden = false;
    note.textContent = `${example.zeroBytes.toLocaleString('en')} zero bytes are sent behind it as tensor data.`;
  }
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = form.querySelector('[type=submit]');
    button.disabled = true;
    await run(model, input.value, form.querySelector('output'));
    button.disabled = false;
  });
}

/** Sends an inference and shows the answer, or the answers as they come. */
async function run({ name, example: { route, zeroBytes } }, json, output) {
  const text = new TextEncoder().encode(json);
  const body = zeroBytes === 0 ? text : new Blob([text, new Uint8Array(zeroBytes)]);
  const binary = zeroBytes === 0 ? {} : { 'inference-header-content-length': String(text.length) };
  try {
    const response = await fetch(`/v2/models/${encodeURIComponent(name)}/${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers(), ...binary },
      body,
    });
    const timing = response.headers.get('server-timing');
    const jsonLength = response.headers.get('inference-header-content-length');
    const status = `${response.status} ${response.statusText}${timing === null ? '' : ` · ${timing.replaceAll(';dur=', ' ')} ms`}`;
    const line = element('p', status, response.ok ? 'good' : 'bad');
    if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
      output.replaceChildren(line);
      await showEvents(response.body, output);
      return;
    }
    const bytes = await response.arrayBuffer();
    const shown = JSON.parse(
      new TextDecoder().decode(jsonLength === null ? bytes : bytes.slice(0, Number(jsonLength))),
    );
    output.replaceChildren(line, result(pretty(shown)));
  } catch (error) {
    output.replaceChildren(element('p', error.message, 'bad'));
  }
}

/** A box of text that can be scrolled with the keyboard, too. */
function result(text) {
  const box = element('pre', text);
  box.tabIndex = 0;
  return box;
}

/** Appends each event's data; stops reading, and with that the model, after {@link MAX_EVENTS}. */
async function showEvents(body, output) {
  const box = result('');
  output.append(box);
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let shown = 0;
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    const lines = (text + chunk.value).split('\n');
    text = lines.pop();
    for (const line of lines.filter((each) => each.startsWith('data:'))) {
      box.append(`${line.slice('data:'.length).trim()}\n`);
      if (++shown < MAX_EVENTS) continue;
      await reader.cancel();
      output.append(element('p', `Stopped after ${MAX_EVENTS} answers.`, 'note'));
      return;
    }
  }
  if (shown === 0) box.replaceWith(element('p', 'The stream ended without an answer.', 'note'));
}

function showRoute(method, path, operation) {
  const route = copyOf('route-template');
  route.querySelector('.method').textContent = method.toUpperCase();
  route.querySelector('.path').textContent = path;
  route.querySelector('.summary').textContent = operation.summary ?? '';
  const body = route.querySelector('.body');
  if (operation.description !== undefined) body.append(element('p', operation.description));
  for (const { name, in: place, description } of operation.parameters ?? []) {
    body.append(element('p', `${place} ${name}${description === undefined ? '' : `: ${description}`}`));
  }
  const schemas = [
    ['Request', operation.requestBody?.content?.['application/json']?.schema],
    ['Answer', operation.responses?.[200]?.content?.['application/json']?.schema],
  ];
  for (const [title, schema] of schemas) {
    if (schema === undefined || schema.type === 'null') continue;
    const text = element('pre', pretty(schema));
    text.tabIndex = 0;
    text.role = 'group';
    text.ariaLabel = `${title} schema`;
    body.append(element('h4', title), text);
  }
  if (body.childElementCount === 0) body.append(element('p', 'Answers by its status alone.'));
  return route;
}

function showRoutes(paths) {
  const groups = new Map();
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const tag = operation.tags?.[0] ?? 'other';
      groups.set(tag, [...(groups.get(tag) ?? []), showRoute(method, path, operation)]);
    }
  }
  return [...groups].flatMap(([tag, routes]) => [element('h3', tag, 'tag'), ...routes]);
}

async function show() {
  const response = await fetch('/openapi.json', { headers: headers() });
  if (response.status === 401 || response.status === 403) {
    byId('key-form').hidden = false;
    byId('status').textContent = key === '' ? 'This server requires a key.' : (await response.json()).error;
    byId('key').focus();
    return;
  }
  if (!response.ok) throw new Error((await response.json()).error);
  const api = await response.json();
  const models = api['x-models'];
  byId('key-form').hidden = true;
  byId('version').textContent = api.info.version;
  byId('status').textContent = models.length === 1 ? '1 model ready' : `${models.length} models ready`;
  byId('model-list').replaceChildren(
    ...(models.length === 0 ? [element('p', 'No model is loaded.')] : models.map(showModel)),
  );
  byId('route-list').replaceChildren(...showRoutes(api.paths));
}

function start() {
  show().catch((error) => {
    byId('status').textContent = `Cannot read /openapi.json: ${error.message}`;
  });
}

byId('key-form').addEventListener('submit', (event) => {
  event.preventDefault();
  key = byId('key').value;
  sessionStorage.setItem(KEY, key);
  start();
});

start();

/** The documentation page: made from /openapi.json, which holds the routes and the models that are loaded. */

const byId = (id) => document.getElementById(id);
const KEY = 'millrace-key';

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

function bindTry(card, { name, example }) {
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
    form.querySelector('output').replaceChildren(...(await run(name, input.value, example.zeroBytes)));
    button.disabled = false;
  });
}

/** Sends an inference; gives what to show of the answer. */
async function run(name, json, zeroBytes) {
  const text = new TextEncoder().encode(json);
  const body = zeroBytes === 0 ? text : new Blob([text, new Uint8Array(zeroBytes)]);
  const binary = zeroBytes === 0 ? {} : { 'inference-header-content-length': String(text.length) };
  try {
    const response = await fetch(`/v2/models/${encodeURIComponent(name)}/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers(), ...binary },
      body,
    });
    const timing = response.headers.get('server-timing');
    const jsonLength = response.headers.get('inference-header-content-length');
    const bytes = await response.arrayBuffer();
    const shown = JSON.parse(
      new TextDecoder().decode(jsonLength === null ? bytes : bytes.slice(0, Number(jsonLength))),
    );
    const status = `${response.status} ${response.statusText}${timing === null ? '' : ` · ${timing.replaceAll(';dur=', ' ')} ms`}`;
    return [element('p', status, response.ok ? 'good' : 'bad'), element('pre', pretty(shown))];
  } catch (error) {
    return [element('p', error.message, 'bad')];
  }
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
    text.role = 'region';
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
  return [...groups].flatMap(([tag, routes]) => [element('h4', tag), ...routes]);
}

async function show() {
  const response = await fetch('/openapi.json', { headers: headers() });
  if (response.status === 401 || response.status === 403) {
    byId('key-form').hidden = false;
    byId('status').textContent = key === '' ? 'This server wants a key.' : (await response.json()).error;
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

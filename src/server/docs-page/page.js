/** The documentation page: made from /openapi.json, which holds the routes and the models that are loaded. */

/** @import { ApiModel, Place } from './types.js' */
/** @import { Paths } from './routes.js' */

import { fetchDocument } from './api.js';
import { byId, element } from './dom.js';
import { keepKey, messageOf, readKey } from './key.js';
import { chosenModel, modelLinks, modelPanel } from './models.js';
import { routeList } from './routes.js';

/** From so many models on, the list can be searched. */
const MANY = 12;

/** As much as is read of the document. @typedef {{ readonly info: { readonly version: string }; readonly paths: Paths; readonly 'x-models': readonly ApiModel[]; readonly 'x-grpc': Place['grpc'] | null; readonly components: { readonly securitySchemes?: object } }} ApiDocument */

/** @type {ApiDocument | undefined} */
let api;
/** Forms keep what was typed while others are looked at. @type {Map<string, HTMLElement>} */
const panels = new Map();

function showChosen() {
  if (api === undefined) return;
  const models = api['x-models'];
  const name = chosenModel() ?? models[0]?.name;
  const wanted = /** @type {HTMLInputElement} */ (byId('search')).value.toLowerCase();
  const found = models.filter((model) => model.name.toLowerCase().includes(wanted));
  byId('model-links').replaceChildren(modelLinks(found, name));
  const model = models.find((each) => each.name === name);
  if (model === undefined) {
    const text = models.length === 0 ? 'No model is loaded.' : `There is no model '${name}' here that is ready.`;
    byId('model').replaceChildren(element('p', { textContent: text }));
    return;
  }
  const panel = panels.get(model.name) ?? modelPanel(model, { paths: api.paths, place: placeOf(api) });
  panels.set(model.name, panel);
  if (!panel.isConnected) byId('model').replaceChildren(panel);
}

/** @param {ApiDocument} document @returns {Place} */
function placeOf({ 'x-grpc': grpc, components }) {
  return { origin: location.origin, grpc: grpc ?? undefined, withKey: components.securitySchemes !== undefined };
}

/** @param {string} why */
function askForKey(why) {
  byId('key-form').hidden = false;
  byId('status').textContent = why;
  byId('key').focus();
}

async function start() {
  const response = await fetchDocument();
  const json = await response.json();
  if (response.status === 401 || response.status === 403) {
    askForKey(readKey() === '' ? 'This server requires a key.' : messageOf(json));
    return;
  }
  if (!response.ok) throw new Error(messageOf(json));
  api = /** @type {ApiDocument} */ (json);
  const { info, paths, 'x-models': models, components } = api;
  panels.clear();
  byId('key-form').hidden = true;
  byId('change-key').hidden = components.securitySchemes === undefined;
  byId('search-box').hidden = models.length < MANY;
  byId('version').textContent = info.version;
  byId('status').textContent = models.length === 1 ? '1 model ready' : `${models.length} models ready`;
  byId('route-list').replaceChildren(...routeList(paths));
  showChosen();
}

function load() {
  start().catch((/** @type {Error} */ error) => {
    byId('status').textContent = `Cannot read /openapi.json: ${error.message}`;
  });
}

byId('key-form').addEventListener('submit', (event) => {
  event.preventDefault();
  keepKey(/** @type {HTMLInputElement} */ (byId('key')).value);
  load();
});
byId('change-key').addEventListener('click', () => askForKey('Which key?'));
byId('search').addEventListener('input', showChosen);
addEventListener('hashchange', () => {
  if (chosenModel() === undefined) return;
  showChosen();
  document.querySelector('h3.model')?.scrollIntoView({ block: 'nearest' });
  /** @type {HTMLElement | null} */ (document.querySelector('h3.model'))?.focus();
});

load();

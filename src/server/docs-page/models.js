/** The list of models, and the one that is chosen. */

/** @import { ApiModel, Place } from './types.js' */

import { modeOf } from './call.js';
import { chatForm, completionForm } from './chat.js';
import { element } from './dom.js';
import { modelForm } from './form.js';

const LINK = '#model=';

/** The name of the model that the address is about. */
export function chosenModel() {
  return location.hash.startsWith(LINK) ? decodeURIComponent(location.hash.slice(LINK.length)) : undefined;
}

/** @param {readonly ApiModel[]} models @param {string | undefined} chosen */
export function modelLinks(models, chosen) {
  const items = models.map(({ name }) => {
    const link = element('a', { href: LINK + encodeURIComponent(name), textContent: name });
    if (name === chosen) link.setAttribute('aria-current', 'true');
    return element('li', {}, [link]);
  });
  return element('ul', {}, items);
}

/**
 * @param {ApiModel} model
 * @param {{ readonly paths: Readonly<Record<string, unknown>>; readonly place: Place }} server
 */
export function modelPanel(model, { paths, place }) {
  const versions = `version${model.versions.length > 1 ? 's' : ''} ${model.versions.join(', ')}`;
  const batch = model.max_batch_size > 0 ? `up to ${model.max_batch_size} rows a request` : 'no batch dimension';
  const facts = [versions, model.platform, batch].filter((fact) => fact !== '');
  return element('article', { className: 'card' }, [
    element('h3', { className: 'model', textContent: model.name, tabIndex: -1 }),
    element('p', { className: 'facts', textContent: facts.join(' · ') }),
    ...forms(model, { paths, place }),
    signature(model),
  ]);
}

/** @param {ApiModel} model @param {{ readonly paths: Readonly<Record<string, unknown>>; readonly place: Place }} server */
function forms(model, { paths, place }) {
  const mode = modeOf(model, paths);
  switch (mode) {
    case 'chat':
      return chatForm(model, place);
    case 'completion':
      return completionForm(model, place);
    case 'none': {
      const text = 'Models are tried by the Open Inference Protocol, which is switched off here (oip.enabled).';
      return [element('p', { className: 'note', textContent: text })];
    }
    default:
      return modelForm(model, { media: mode === 'media', place });
  }
}

/** @param {ApiModel} model */
function signature({ inputs, outputs }) {
  const body = element('tbody');
  const add = (/** @type {string} */ kind, /** @type {ApiModel['outputs'][number]} */ { name, datatype, shape }) => {
    const row = body.insertRow();
    for (const text of [kind, name, datatype, `[${shape.join(', ')}]`]) row.insertCell().textContent = text;
  };
  for (const tensor of inputs) add('input', tensor);
  for (const tensor of outputs) add('output', tensor);
  const head = ['Tensor', 'Name', 'Type', 'Shape'].map((text) => element('th', { scope: 'col', textContent: text }));
  return element('details', {}, [
    element('summary', { textContent: 'Inputs and outputs' }),
    element('table', {}, [element('thead', {}, [element('tr', {}, head)]), body]),
  ]);
}

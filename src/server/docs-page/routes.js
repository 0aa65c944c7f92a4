/** The routes of the server. */

import { element, textBox } from './dom.js';
import { pretty } from './tensors.js';

/** As much as is shown of an OpenAPI operation. @typedef {{ readonly tags?: readonly string[]; readonly summary?: string; readonly description?: string; readonly parameters?: readonly { readonly name: string; readonly in: string; readonly description?: string }[]; readonly requestBody?: Body; readonly responses?: Readonly<Record<string, Body>> }} Operation */
/** @typedef {{ readonly content?: Readonly<Record<string, { readonly schema?: object }>> }} Body */
/** @typedef {Readonly<Record<string, Readonly<Record<string, Operation>>>>} Paths */

/** @param {Paths} paths */
export function routeList(paths) {
  /** @type {Map<string, HTMLElement[]>} */
  const groups = new Map();
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const tag = operation.tags?.[0] ?? 'other';
      groups.set(tag, [...(groups.get(tag) ?? []), showRoute(`${method.toUpperCase()} ${path}`, operation)]);
    }
  }
  return [...groups].flatMap(([tag, routes]) => [element('h3', { className: 'tag', textContent: tag }), ...routes]);
}

/** @param {string} line @param {Operation} operation */
function showRoute(line, operation) {
  const [method = '', path = ''] = line.split(' ');
  const summary = element('summary', {}, [
    element('span', { className: 'method', textContent: method }),
    ' ',
    element('code', { className: 'path', textContent: path }),
    ' ',
    element('span', { className: 'summary', textContent: operation.summary ?? '' }),
  ]);
  const route = element('details', { className: 'route' }, [summary]);
  // Schemas are long and most routes stay closed.
  route.addEventListener(
    'toggle',
    () => route.open && route.childElementCount === 1 && route.append(details(line, operation)),
  );
  return route;
}

/** @param {string} line @param {Operation} operation */
function details(line, { description, parameters = [], requestBody, responses = {} }) {
  const body = element('div', { className: 'body' });
  if (description !== undefined) body.append(element('p', { textContent: description }));
  for (const { name, in: place, description: about } of parameters) {
    const text = `${place} ${name}${about === undefined ? '' : `: ${about}`}`;
    body.append(element('p', { textContent: text }));
  }
  /** @type {readonly (readonly [string, Body | undefined])[]} */
  const bodies = [
    ['Request', requestBody],
    ['Answer', responses['200']],
  ];
  for (const [title, { content = {} } = {}] of bodies) {
    for (const [type, { schema }] of Object.entries(content)) {
      body.append(element('h4', { textContent: `${title}, ${type}` }));
      if (schema !== undefined) body.append(textBox(pretty(schema), `${title} of ${line}, ${type}`));
    }
  }
  const statuses = Object.keys(responses);
  if (statuses.length > 0)
    body.append(element('p', { className: 'note', textContent: `Statuses: ${statuses.join(', ')}` }));
  return body;
}

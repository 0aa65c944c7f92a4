/** Answers of models, shown. */

/** @import { ApiModel, Call } from './types.js' */
/** @import { View } from './views.js' */

import { eventsOf, send } from './api.js';
import { element, textBox } from './dom.js';
import { messageOf } from './key.js';
import { pretty } from './tensors.js';
import { barsOf, formatCell, viewsOf } from './views.js';

/** Answers of a stream that are shown. */
const MAX_EVENTS = 100;

/**
 * Sends a call and shows what comes of it; the text that a language model has written, '' for others.
 *
 * @param {Call} call
 * @param {ApiModel} model
 * @param {{ readonly output: HTMLElement; readonly signal: AbortSignal }} where
 * @returns {Promise<string>}
 */
export async function runCall(call, model, { output, signal }) {
  const startedAt = performance.now();
  try {
    const response = await send(call, signal);
    const took = () => performance.now() - startedAt;
    if (!response.ok) {
      await showRefusal(response, output, took());
      return '';
    }
    if (response.headers.get('content-type')?.startsWith('text/event-stream') && response.body !== null) {
      output.replaceChildren(statusLine(response, took()));
      if (call.kind !== 'stream') return await showText(response.body, { output, startedAt });
      await showAnswers(response.body, output);
      return '';
    }
    const json = await response.json();
    output.replaceChildren(
      statusLine(response, took()),
      ...viewsOf(json.outputs ?? [], model.outputs).map(showView),
      element('details', {}, [element('summary', { textContent: 'JSON' }), textBox(pretty(json), 'Answer in JSON')]),
    );
  } catch (error) {
    const stopped = signal.aborted;
    const text = stopped ? 'Stopped.' : /** @type {Error} */ (error).message;
    output.append(element('p', { className: stopped ? 'note' : 'bad', textContent: text }));
  }
  return '';
}

/** `200 OK · 12 ms, of which …`. @param {Response} response @param {number} ms */
function statusLine(response, ms) {
  const timing = response.headers.get('server-timing');
  const server = timing === null ? '' : `server: ${timing.replaceAll(';dur=', ' ')} ms`;
  const status = `${response.status} ${response.statusText}`.trim();
  return element('p', { className: response.ok ? 'status good' : 'status bad' }, [
    `${status} · ${ms.toFixed(1)} ms `,
    element('span', { className: 'hint', textContent: server }),
  ]);
}

/** @param {Response} response @param {HTMLElement} output @param {number} ms */
async function showRefusal(response, output, ms) {
  const text = await response.text();
  let message = text;
  try {
    message = messageOf(JSON.parse(text));
  } catch {
    // As it is, then.
  }
  output.replaceChildren(statusLine(response, ms), element('p', { textContent: message }));
}

/** @param {View} view */
function showView(view) {
  const section = element('section', { className: 'output' }, [
    element('h4', {}, [view.name, ' ', element('code', { textContent: view.type })]),
  ]);
  switch (view.kind) {
    case 'classes':
      section.append(...view.rows.map(showClasses));
      break;
    case 'texts':
      section.append(...view.texts.map((text) => element('pre', { className: 'text', textContent: text })));
      break;
    default:
      section.append(showTable(view));
  }
  if (view.kind !== 'classes' && view.more !== '') {
    section.append(element('p', { className: 'note', textContent: `… ${view.more}` }));
  }
  return section;
}

/** @param {(View & { kind: 'classes' })['rows'][number]} row */
function showClasses(row) {
  const bars = barsOf(row);
  return element(
    'ol',
    { className: 'classes' },
    row.map(({ label, score }, index) =>
      element('li', {}, [
        element('span', { className: 'label', textContent: label }),
        element('meter', { min: 0, max: 1, value: bars[index] ?? 0, ariaLabel: `${label}: ${formatCell(score)}` }),
        element('span', { className: 'score', textContent: formatCell(score) }),
      ]),
    ),
  );
}

/** @param {View & { kind: 'table' }} view */
function showTable({ name, rows }) {
  const body = element('tbody');
  for (const row of rows) {
    const line = body.insertRow();
    for (const value of row) line.insertCell().textContent = formatCell(value);
  }
  const table = element('table', { className: 'numbers', ariaLabel: name }, [body]);
  return element('div', { className: 'scroll', tabIndex: 0, role: 'group', ariaLabel: `Values of ${name}` }, [table]);
}

/** Each answer of a model that has many, as it comes. @param {ReadableStream<Uint8Array<ArrayBuffer>>} body @param {HTMLElement} output */
async function showAnswers(body, output) {
  const box = textBox('', 'Answers');
  output.append(box);
  let shown = 0;
  for await (const data of eventsOf(body)) {
    box.append(`${data}\n`);
    if (++shown < MAX_EVENTS) continue;
    output.append(element('p', { className: 'note', textContent: `Stopped after ${MAX_EVENTS} answers.` }));
    return;
  }
  if (shown === 0) {
    box.replaceWith(element('p', { className: 'note', textContent: 'The stream ended without an answer.' }));
  }
}

/**
 * A text as it is written.
 *
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @param {{ readonly output: HTMLElement; readonly startedAt: number }} where
 */
async function showText(body, { output, startedAt }) {
  const thoughts = element('p', { className: 'note thoughts' });
  const box = element('p', { className: 'written' });
  output.append(box);
  let pieces = 0;
  let firstAt = startedAt;
  for await (const data of eventsOf(body)) {
    if (data === '[DONE]') break;
    const { choices, error } = JSON.parse(data);
    if (error !== undefined) throw new Error(messageOf({ error }));
    const { delta, text } = choices?.[0] ?? {};
    if (delta?.reasoning_content) {
      if (!thoughts.isConnected) box.before(thoughts);
      thoughts.append(delta.reasoning_content);
    }
    const piece = delta?.content ?? text ?? '';
    if (piece === '') continue;
    if (pieces++ === 0) firstAt = performance.now();
    box.append(piece);
  }
  const seconds = (performance.now() - firstAt) / 1000;
  const rate = pieces > 1 && seconds > 0 ? `, ${((pieces - 1) / seconds).toFixed(0)} pieces a second` : '';
  const first = `first piece after ${(firstAt - startedAt).toFixed(0)} ms${rate}`;
  output.append(element('p', { className: 'note', textContent: pieces === 0 ? 'The model wrote nothing.' : first }));
  return box.textContent ?? '';
}

/** Buttons for what the caller may do now, each with a note that the history keeps. */

/** @import { Command, Rollout } from './types.js' */

import { byId, element, textBox } from '../dom.js';
import { commandLine, formatEffect, formatName } from './words.js';

/** @type {Readonly<Record<Command, string>>} */
const LABELS = { approve: 'Approve', pause: 'Pause', resume: 'Resume', promote: 'Promote now', abort: 'Abort' };

/** @typedef {(command: Command, note: string, seen: Rollout) => Promise<void>} SendCommand */

/**
 * @param {Rollout} rollout
 * @param {{ readonly isHere: boolean; readonly send: SendCommand }} server `isHere`: it takes commands where this page is
 */
export function showCommands(rollout, { isHere, send }) {
  const { commands, model } = rollout;
  const section = byId('command-section');
  section.hidden = commands.length === 0;
  // What is as it was keeps the focus.
  const shown = JSON.stringify([commands, rollout.phase]);
  if (section.dataset.shown === shown) return;
  section.dataset.shown = shown;
  byId('elsewhere').hidden = isHere;
  const buttons = isHere ? commands.map((command) => commandButton(command, rollout, send)) : [];
  byId('commands').replaceChildren(...buttons);
  const origin = isHere ? location.origin : 'URL-OF-THE-ADMIN-PORT';
  const lines = commands.map((command) => commandLine(command, model, origin)).join('\n');
  byId('command-lines').replaceChildren(textBox(lines, 'Commands'));
}

/** @param {Command} command @param {Rollout} rollout @param {SendCommand} send */
function commandButton(command, rollout, send) {
  const button = element('button', { type: 'button', textContent: LABELS[command], className: command });
  button.addEventListener('click', () => ask(command, rollout, send));
  return button;
}

/** Asks whether that is meant, and why. @param {Command} command @param {Rollout} rollout @param {SendCommand} send */
function ask(command, rollout, send) {
  const note = element('textarea', { id: 'note', rows: 3, maxLength: 1_000 });
  const problem = element('p', { className: 'bad', role: 'alert' });
  const confirm = element('button', { type: 'submit', className: 'primary', textContent: LABELS[command] });
  const cancel = element('button', { type: 'button', textContent: 'Cancel' });
  const { model, stable, canary } = rollout;
  const form = element('form', {}, [
    element('h2', { id: 'dialog-title', textContent: `${LABELS[command]}: ${model}, version ${stable} → ${canary}` }),
    element('p', { textContent: formatEffect(command, rollout) }),
    element('label', { htmlFor: 'note', textContent: 'Note for the history' }),
    note,
    problem,
    element('div', { className: 'buttons' }, [confirm, cancel]),
  ]);
  const dialog = element('dialog', {}, [form]);
  dialog.setAttribute('aria-labelledby', 'dialog-title');
  cancel.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    confirm.disabled = true;
    try {
      await send(command, note.value.trim(), rollout);
      dialog.close();
      byId('verdict').focus();
    } catch (error) {
      problem.textContent = `${formatName(command)} failed: ${/** @type {Error} */ (error).message}`;
      confirm.disabled = false;
    }
  });
  document.body.append(dialog);
  dialog.showModal();
}

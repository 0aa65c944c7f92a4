/** Tabs as the ARIA practices have them: one stop for the Tab key, arrows from one to the next. */

import { element } from './dom.js';

/** @typedef {{ readonly title: string; readonly panel: HTMLElement }} Tab */

/** The tab that somebody chose last is the one that others open with. */
let chosen = '';
let made = 0;

/** @param {string} label @param {readonly Tab[]} tabs */
export function tabList(label, tabs) {
  const id = `tabs-${++made}`;
  const buttons = tabs.map(({ title, panel }, index) => {
    const button = element('button', { type: 'button', role: 'tab', id: `${id}-tab-${index}`, textContent: title });
    button.setAttribute('aria-controls', `${id}-panel-${index}`);
    panel.id = `${id}-panel-${index}`;
    panel.role = 'tabpanel';
    panel.setAttribute('aria-labelledby', button.id);
    return button;
  });
  const choose = (/** @type {number} */ index) => {
    for (const [each, button] of buttons.entries()) {
      button.ariaSelected = String(each === index);
      button.tabIndex = each === index ? 0 : -1;
      const { panel } = /** @type {Tab} */ (tabs[each]);
      panel.hidden = each !== index;
    }
  };
  for (const [index, button] of buttons.entries()) {
    button.addEventListener('click', () => {
      chosen = tabs[index]?.title ?? '';
      choose(index);
    });
    button.addEventListener('keydown', (event) => {
      const next = nextOf(event.key, index, buttons.length);
      if (next === undefined) return;
      event.preventDefault();
      buttons[next]?.focus();
      buttons[next]?.click();
    });
  }
  choose(
    Math.max(
      0,
      tabs.findIndex(({ title }) => title === chosen),
    ),
  );
  const list = element('div', { role: 'tablist', ariaLabel: label, className: 'tabs' }, buttons);
  return element('div', {}, [list, ...tabs.map(({ panel }) => panel)]);
}

/** @param {string} key @param {number} index @param {number} count */
function nextOf(key, index, count) {
  switch (key) {
    case 'ArrowRight':
      return (index + 1) % count;
    case 'ArrowLeft':
      return (index + count - 1) % count;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}

/** Small helpers around the document. */

/**
 * An element with properties and children; texts stay texts.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Partial<Omit<HTMLElementTagNameMap[Name], 'style'>>} [properties]
 * @param {readonly (Node | string)[]} [children]
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, properties = {}, children = []) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** @param {string} id */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/** A box of text that can be scrolled with the keyboard, too. @param {string} text @param {string} label */
export function textBox(text, label) {
  return element('pre', { textContent: text, tabIndex: 0, role: 'group', ariaLabel: label });
}

/** A button that copies what `text` gives when it is pressed. @param {() => string} text @param {string} what */
export function copyButton(text, what) {
  const button = element('button', {
    type: 'button',
    className: 'copy',
    textContent: 'Copy',
    ariaLabel: `Copy ${what}`,
  });
  const say = (/** @type {string} */ word) => {
    button.textContent = word;
    button.ariaLabel = word;
    setTimeout(() => {
      button.textContent = 'Copy';
      button.ariaLabel = `Copy ${what}`;
    }, 2000);
  };
  button.addEventListener('click', () => {
    // Only pages that came over TLS or from this machine have a clipboard.
    const writing = navigator.clipboard?.writeText(text()) ?? Promise.reject(new Error('no clipboard'));
    writing.then(
      () => say('Copied'),
      () => say('Select it by hand'),
    );
  });
  return button;
}

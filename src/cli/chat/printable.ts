const PICTURES = 0x2400;
const DELETE = 0x7f;

/** Text that gives a terminal no commands: its control characters, but line feed and tab, are made visible. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => {
    const code = character.charCodeAt(0);
    if (character === '\n' || character === '\t') return character;
    // Half of a line's end as Windows writes it.
    if (character === '\r') return '';
    if (code < 0x20) return String.fromCharCode(PICTURES + code);
    return code === DELETE ? '\u2421' : '\ufffd';
  });
}

/** Calls as lines for curl. No DOM. */

/** @import { Call, Place } from './types.js' */

import { octal } from './raw-bytes.js';
import { jsonOf, partsOf, pathOf } from './request.js';
import { quote } from './shell.js';

/** @param {Call} call @param {Place} place */
export function curlSnippet(call, { origin, withKey }) {
  const streams = call.kind === 'stream' || call.kind === 'chat' || call.kind === 'completion';
  const line = [
    `${streams ? 'curl -sN' : 'curl -s'} ${quote(origin + pathOf(call))}`,
    ...(withKey ? ['-H "Authorization: Bearer $MILLRACE_KEY"'] : []),
  ];
  if (call.kind === 'media') return [...line, `--data-binary ${quote(`@${call.file.name}`)}`].join(' \\\n  ');
  const json = JSON.stringify(jsonOf(call));
  const parts = partsOf(call);
  if (parts.length === 0) return [...line, "-H 'Content-Type: application/json'", `-d ${quote(json)}`].join(' \\\n  ');
  const pieces = parts.map((part) => {
    if (part.kind === 'zeros') return `head -c ${part.size} /dev/zero`;
    return part.kind === 'prefix' ? `printf '${octal(part.bytes)}'` : `cat ${quote(part.name)}`;
  });
  const length = new TextEncoder().encode(json).length;
  const header = `-H 'Inference-Header-Content-Length: ${length}'`;
  const sender = [...line, header, '--data-binary @-'].join(' \\\n  ');
  return `(printf '%s' ${quote(json)}; ${pieces.join('; ')}) |\n${sender}`;
}

/** Headers of an answer that are about its sending, and not about what it says. */
const NOT_OF_ANSWER: readonly string[] = [
  'content-length',
  'server-timing',
  'x-content-type-options',
  'x-request-id',
  'ratelimit',
  'ratelimit-policy',
];

/** What is stored of an answer's headers, given each name before its value. */
export function answerHeaders(headers: readonly string[]): Readonly<Record<string, string>> {
  const stored: Record<string, string> = {};
  for (let at = 0; at < headers.length; at += 2) {
    const name = (headers[at] as string).toLowerCase();
    if (!NOT_OF_ANSWER.includes(name)) stored[name] = headers[at + 1] as string;
  }
  return stored;
}

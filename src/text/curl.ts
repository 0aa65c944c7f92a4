/** What curl is to send; `body` in the line itself (with as many zeros behind it), or in a file. */
export interface CurlRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly text: string; readonly zeroBytes?: number } | { readonly file: string };
  /** Show what comes as it comes. */
  readonly streams: boolean;
  /** Certificates to trust; undefined = the usual ones. */
  readonly caFile?: string | undefined;
  /** The certificate to show, and its private key; undefined = none. */
  readonly certFile?: string | undefined;
  readonly certKeyFile?: string | undefined;
  /** The shell variable that holds the bearer key; undefined = no key is needed. */
  readonly keyVariable: string | undefined;
}

/** A line for a POSIX shell that sends the request and prints the answer. */
export function formatCurl({ url, headers, body, streams, keyVariable, ...tls }: CurlRequest): string {
  const parts = [
    streams ? 'curl -sN' : 'curl -s',
    ...fileFlags(tls),
    quoteShell(url),
    ...Object.entries(headers).map(([name, value]) => `-H ${quoteShell(`${name}: ${value}`)}`),
    ...(keyVariable === undefined ? [] : [`-H "Authorization: Bearer $${keyVariable}"`]),
  ];
  const line = parts.join(' ');
  if ('file' in body) return `${line} --data-binary ${quoteShell(`@${body.file}`)}`;
  const { text, zeroBytes = 0 } = body;
  if (zeroBytes === 0) return `${line} -d ${quoteShell(text)}`;
  return `(printf '%s' ${quoteShell(text)}; head -c ${zeroBytes} /dev/zero) | ${line} --data-binary @-`;
}

function fileFlags({ caFile, certFile, certKeyFile }: Partial<CurlRequest>): readonly string[] {
  const flags = { '--cacert': caFile, '--cert': certFile, '--key': certKeyFile };
  return Object.entries(flags).flatMap(([flag, file]) => (file === undefined ? [] : [`${flag} ${quoteShell(file)}`]));
}

/** One word for a POSIX shell. */
export function quoteShell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

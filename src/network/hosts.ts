const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'https:': '443', 'http:': '80' };

/** Whether a list of the settings (`host`, `*.suffix`, either with `:port`) has the host and port of a URL. */
export function isListedHost(patterns: readonly string[], url: URL): boolean {
  return patterns.some((pattern) => matches(pattern, url));
}

function matches(pattern: string, url: URL): boolean {
  const [, name = '', port] = /^(.*?)(?::(\d+))?$/.exec(pattern.toLowerCase()) ?? [];
  const standard = DEFAULT_PORTS[url.protocol];
  if ((port ?? standard) !== (url.port || standard)) return false;
  return name.startsWith('*.') ? url.hostname.endsWith(name.slice(1)) : url.hostname === name;
}

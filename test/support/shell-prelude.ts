import { FREE_PORTS } from './cli-process.js';

/** Bash: `millrace` as it is built; `serve` goes on in the background, on free ports, until the next one or the end. */
export const PRELUDE = `
stop() { if [ -n "\${SERVE_PID:-}" ]; then local pid=$SERVE_PID; kill "$pid"; wait "$pid"; fi; }
trap stop EXIT
millrace() {
  if [ "$1" != serve ]; then "$NODE" "$MILLRACE" "$@"; return; fi
  stop
  coproc SERVE { exec "$NODE" "$MILLRACE" "$@" ${FREE_PORTS.join(' ')} --json; }
  local listening ready
  read -r listening <&"\${SERVE[0]}"
  read -r ready <&"\${SERVE[0]}"
  echo "$ready"
  export MILLRACE_URL=$("$NODE" -p 'JSON.parse(process.argv[1]).http' "$listening")
}
`;

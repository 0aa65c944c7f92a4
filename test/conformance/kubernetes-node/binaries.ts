import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { installDebian } from '../harness/debian.js';
import { type GoTool, goModule, goTool } from '../harness/go.js';
import { emptyFolder, inCache } from '../harness/paths.js';
import { installTools } from '../kubernetes/tools.js';

const KUBERNETES = 'v1.37.2';
const VERSION = 'k8s.io/component-base/version';
const DEBIAN = ['runc', 'containernetworking-plugins', 'gcc', 'libc6-dev', 'openssl'];
const OTHERS: readonly GoTool[] = [
  { module: 'go.etcd.io/etcd/server/v3@v3.7.3', command: 'go.etcd.io/etcd/server/v3' },
  {
    module: 'sigs.k8s.io/metrics-server@v0.8.0',
    command: 'sigs.k8s.io/metrics-server/cmd/metrics-server',
  },
  { module: 'github.com/kedacore/keda/v2@v2.21.0', command: 'github.com/kedacore/keda/v2/cmd/operator' },
  { module: 'github.com/kedacore/keda/v2@v2.21.0', command: 'github.com/kedacore/keda/v2/cmd/adapter' },
];

/** A folder of links to every program of a cluster, compiled where it has to be, and the definitions of KEDA's resources. */
export function installBinaries(): { readonly folder: string; readonly crds: readonly string[] } {
  const has = (program: string) =>
    execFileSync('sh', ['-c', `command -v ${program} || true`], { encoding: 'utf8' }) !== '';
  if (!['runc', 'gcc', 'openssl'].every(has) || !existsSync('/usr/lib/cni/ptp')) {
    installDebian('--no-install-recommends', ...DEBIAN);
  }
  const { helm, kubectl, crds } = installTools();
  const folder = emptyFolder('kubernetes-node/bin');
  const link = (name: string, program: string) => symlinkSync(program, path.join(folder, name));
  link('helm', helm);
  link('kubectl', kubectl);
  for (const tool of [...kubernetes(), ...OTHERS]) {
    link(path.basename(tool.command.replace(/\/server\/v3$/, '/etcd')), goTool(tool));
  }
  for (const program of ['containerd', 'containerd-shim-runc-v2', 'ctr']) {
    link(program, path.join(unpackContainerd(), 'usr/bin', program));
  }
  return { folder, crds: crds.filter((file) => path.basename(file).includes('keda.sh_')) };
}

/** Its own modules are replaced by folders beside it, which a module of ours has to name by their versions. */
function kubernetes(): readonly GoTool[] {
  const module = `k8s.io/kubernetes@${KUBERNETES}`;
  const mod = readFileSync(path.join(goModule(module), 'go.mod'), 'utf8');
  const replaces = [...mod.matchAll(/^\s*(\S+) => \.\/staging\//gm)].map(
    ([, name]) => `${name}=${name}@${KUBERNETES.replace('v1.', 'v0.')}`,
  );
  const [, minor = ''] = KUBERNETES.split('.');
  const ldflags = `-X ${VERSION}.gitVersion=${KUBERNETES} -X ${VERSION}.gitMajor=1 -X ${VERSION}.gitMinor=${minor}`;
  return ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet'].map((name) => ({
    module,
    command: `k8s.io/kubernetes/cmd/${name}`,
    replaces,
    ldflags,
    tags: 'grpcnotrace',
  }));
}

/** containerd 2 of Debian's unstable release: the stable one's cannot mount images as volumes. Unpacked, not installed. */
function unpackContainerd(): string {
  const folder = inCache('containerd');
  if (existsSync(path.join(folder, 'usr/bin/containerd'))) return folder;
  const apt = emptyFolder('containerd-apt');
  for (const each of ['lists/partial', 'cache/archives/partial', 'files'])
    mkdirSync(path.join(apt, each), { recursive: true });
  const script = `
    sources=/etc/apt/sources.list.d/debian.sources
    echo "deb [signed-by=$(awk '/^Signed-By:/{print $2; exit}' $sources)] $(awk '/^URIs:/{print $2; exit}' $sources) sid main" > sources.list
    sid() { apt-get -qq -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$apt/lists" \\
      -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root "$@"; }
    apt=$PWD
    sid update
    cd files
    sid download containerd
    dpkg-deb -x containerd_*.deb "$1"`;
  execFileSync('sh', ['-euc', script, 'sh', folder], { cwd: apt, stdio: 'pipe' });
  return folder;
}

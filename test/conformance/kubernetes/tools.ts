import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { goModule, goTool } from '../harness/go.js';
import { emptyFolder, inCache, inRoot } from '../harness/paths.js';
import { installPython } from '../harness/python.js';

export const CHART = inRoot('deploy/helm/millrace');
const KUBERNETES = '1.37.0';

/** Helm, kubectl, kubeconform and helm-unittest, with the schemas of everything that the manifests are made of. */
export interface Tools {
  readonly helm: string;
  readonly kubectl: string;
  readonly unittest: string;
  /** Files with the custom resource definitions of other projects. */
  readonly crds: readonly string[];
  /** What kubeconform says against manifests; '' = nothing. */
  validate(manifests: string): string;
}

export function installTools(): Tools {
  const crds = [...ours(), ...keda(), ...prometheus(), ...gateway()];
  const folder = inCache('kubernetes-tools');
  if (!existsSync(folder)) {
    const fresh = emptyFolder('kubernetes-tools.new');
    const { interpreter } = installPython('kubernetes/requirements.txt');
    execFileSync(interpreter, [inRoot('test/conformance/kubernetes/install.py'), fresh, ...crds], { stdio: 'pipe' });
    renameSync(fresh, folder);
  }
  const kubeconform = goTool({
    module: 'github.com/yannh/kubeconform@v0.8.0',
    command: 'github.com/yannh/kubeconform/cmd/kubeconform',
  });
  return {
    helm: path.join(folder, 'bin/helm'),
    kubectl: path.join(folder, 'bin/kubectl'),
    unittest: goTool({
      module: 'github.com/helm-unittest/helm-unittest@v1.1.2',
      command: 'github.com/helm-unittest/helm-unittest/cmd/helm-unittest',
      replaces: ['github.com/vmware-labs/yaml-jsonpath@v0.3.2=github.com/helm-unittest/yaml-jsonpath@v0.4.0'],
    }),
    crds,
    validate(manifests) {
      const schemas = [
        `${folder}/kubernetes/{{.ResourceKind}}{{.KindSuffix}}.json`,
        `${folder}/crds/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json`,
      ];
      const args = ['-strict', '-kubernetes-version', KUBERNETES];
      for (const schema of schemas) args.push('-schema-location', schema);
      const { status, stdout, stderr } = spawnSync(kubeconform, [...args, '-'], { input: manifests, encoding: 'utf8' });
      return status === 0 ? '' : `${stdout}${stderr}`.trim() || `kubeconform ended with ${status}`;
    },
  };
}

const yamlFiles = (folder: string, pattern: RegExp) =>
  readdirSync(folder)
    .filter((name) => pattern.test(name))
    .map((name) => path.join(folder, name));

/** KServe and the inference extension publish no Go module with them: they lie here, as their projects have them. */
const ours = () => yamlFiles(inRoot('test/conformance/kubernetes/crds'), /\.yaml$/);
const keda = () =>
  yamlFiles(path.join(goModule('github.com/kedacore/keda/v2@v2.21.0'), 'config/crd/bases'), /keda\.sh_/);
const gateway = () =>
  yamlFiles(path.join(goModule('sigs.k8s.io/gateway-api@v1.6.3'), 'config/crd/standard'), /_(http|grpc)routes\.yaml$/);
const prometheus = () =>
  yamlFiles(
    path.join(
      goModule('github.com/prometheus-operator/prometheus-operator@v0.85.0'),
      'example/prometheus-operator-crd',
    ),
    /_servicemonitors\.yaml$/,
  );
